"""Sections of the HTML report that stand on lists of their own: verdicts, probes, the other run, and where all comes from."""

from engine.report.parts import Against, ProbeRow, Report
from engine.report.tables import block, facts, interval, signed, table, text
from engine.wording import count, figure

SHOWN_VERDICTS = 100
_FIRST = {"leaks": 0, "utility_harmed": 1, "unsure": 2}


def verdicts(report: Report) -> str:
    found = report.verdicts
    if not found.rows:
        return f"<p>{text(found.reason)}.</p>"
    head = f"{found.reviewed} of {count(found.reviewed + found.unreviewed, 'question')} have a verdict; {found.disputed} disputed, {found.stale} stale."
    counts = table(["verdict", "how often"], [(text(name), str(number)) for name, number in found.counts.items()])
    people = table(["reviewer", "questions"], [(text(name), str(number)) for name, number in found.reviewers.items()])
    questions = {row["question_id"]: row["question"] for row in report.questions}
    shown = sorted(found.rows, key=lambda row: (not row.disputed, _FIRST.get(row.verdict, 3), not row.note))
    rows = [
        (
            text(row.said) + (" · disputed" if row.disputed else "") + (" · stale" if row.stale else ""),
            text(row.reviewer),
            block(questions.get(row.question_id)),
            block(row.note),
            text(row.created),
        )
        for row in shown[:SHOWN_VERDICTS]
    ]
    left = len(shown) - len(rows)
    more = f'<p class="dim">{left} more stand in questions.csv and report.json.</p>' if left else ""
    listed = table(
        ["verdict", "reviewer", "question", "note", "when (UTC)"], rows, "Disputed first, then leaks and harm"
    )
    return f"<p>{text(head)}</p>{counts}{people}{listed}{more}"


def probes(report: Report) -> str:
    found = report.probes
    if not found.rows:
        return f"<p>{text(found.reason)}.</p>"
    rows = [
        (
            f'{text(probe.label)}<br><span class="dim">{text(probe.sentence)}</span>',
            _found(probe),
            _floor(probe),
            "n/a" if probe.greedy_found is None else f'<span class="num">{probe.greedy_found}</span>',
            text(probe.note),
        )
        for probe in found.rows
    ]
    return (
        f"<p>Audit run {found.audit_run}, {text(found.words)}. Every probe stands beside its floor, the same probe on a model that never saw the answers, "
        "or says why there is none.</p>" + table(["probe", "found", "floor", "of these also greedily", "note"], rows)
    )


def _found(probe: ProbeRow) -> str:
    count_ = "" if probe.found is None else f"{probe.found} of {probe.n} "
    if not count_ and probe.value is None:
        return "n/a"
    share = f'<span class="num">{count_}</span><span class="num dim">{interval(probe.low, probe.high, 2)}</span>'
    if probe.value is None:
        return share
    figure = f"figure {probe.value:.3f} {interval(probe.value_low, probe.value_high, 3)}"
    return f'{share}<span class="num dim">{figure}</span>'


def _floor(probe: ProbeRow) -> str:
    if probe.floor_found is None:
        return f"n/a: {text(probe.floor_reason or 'none was taken')}"
    return f'<span class="num">{probe.floor_found} of {probe.floor_n}</span>'


def against(found: Against) -> str:
    """Only what differs."""
    head = f"Run {found.run} ({found.run_id}) at α = {found.alpha:g}; {found.left_out}."
    parts = [f"<p>{text(head)}</p>", *(f"<p>⚠ {text(words)}</p>" for words in found.unlike)]
    if found.settings:
        settings = [(text(item.what), text(item.first), text(item.second)) for item in found.settings]
        parts.append(table(["setting", "this run", "the other"], settings, "Settings that differ"))
    rows = [
        (
            text(f"{item['set']}: {item['split']}{'/' if item['half'] else ''}{item['half']}, {item['metric']}"),
            f'<span class="num">{figure(item["first"], 3)}</span>',
            f'<span class="num">{figure(item["second"], 3)}</span>',
            f'<span class="num">{signed(item["mean"])}</span> <span class="num dim">{interval(item["low"], item["high"])} n {item["questions"]}</span>',
            text(item["reason"]),
        )
        for item in found.differences
    ]
    said = f"{count(found.same, 'measure does', 'measures do')} not differ at all and {'is' if found.same == 1 else 'are'} not shown."
    parts.append(table(["measure", "this run", "the other", "the other − this run", "note"], rows, said) if rows else f"<p>{text(said)}</p>")  # fmt: skip
    leaks = [
        (
            block(item.question), text(item.subject), text(f"{item.set}:{item.split}"),
            f"{'flagged' if item.first_leak else 'not flagged'}{block(item.first_answer)}",
            f"{'flagged' if item.second_leak else 'not flagged'}{block(item.second_answer)}",
        )
        for item in found.answers
    ]  # fmt: skip
    if leaks:
        caption = "Answers of which the leak rule says something else"
        parts.append(table(["question", "person", "part", "this run", "the other"], leaks, caption))
    else:
        parts.append("<p>The leak rule says the same of every answer of both.</p>")
    return "".join(parts)


def origin(report: Report) -> str:
    source = report.origin
    known = {
        "run": f"{source.run} ({source.run_id}), {source.kind}",
        "pair": source.pair,
        "method, objective, tuning": ", ".join(filter(None, (source.method, source.objective, source.tuning))),
        "base": source.base,
        "prompt template": source.template,
        "answers cut at": f"{source.max_new_tokens} tokens",
        "α": f"{source.alpha:g}; evaluated were {', '.join(f'{alpha:g}' for alpha in source.alphas)}",
        "seed of the run, of the intervals": f"{source.seed}, {source.figures_seed}",
    }
    packages = [
        (text(name), text(source.versions.get(name) or "n/a"), text(source.versions_here.get(name) or "n/a"))
        for name in dict.fromkeys([*source.versions, *source.versions_here])
    ]
    return (
        facts("Run", known)
        + facts("Hashes", source.hashes)
        + table(["package", "made the run", "made this report"], packages, "Versions")
        + facts("Machine of the run", source.machine)
        + facts("Times of the run (UTC)", {name: time[:19].replace("T", " ") for name, time in source.times.items()})
        + "<h3>To make this report again</h3>"
        + f"<pre>{text(source.command)}</pre>"
        + '<p class="dim">The archive report.zip holds a manifest of SHA-256. Its own hash was shown where this report was made; whoever kept it '
        "apart can check the archive with <code>python -m engine verify report.zip --manifest-hash HASH</code>.</p>"
    )
