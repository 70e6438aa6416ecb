"""The style of the HTML report: light, dark and print, without anything from outside."""

CSS = """
:root{color-scheme:light dark;--ink:light-dark(#1F2430,#E9EAF0);--page:light-dark(#fff,#14161C);--soft:light-dark(#F3F2F7,#20232C);
--line:light-dark(#C9CBD6,#444956);--dim:light-dark(#555B6B,#A9AFBF);--pass:light-dark(#0B6B3A,#6FD39B);--fail:light-dark(#B3261E,#FF9C92);
--base:light-dark(#4A5568,#C3CAD9);--unlearned:light-dark(#6A3FC0,#B99CFF);--direct:light-dark(#0D7285,#5FCBDD);--retain-only:light-dark(#96640A,#F0BE5E)}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem 1.25rem 4rem;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
h1{font-size:1.9rem;margin:0 0 .25rem}h2{font-size:1.3rem;margin:2.2rem 0 .5rem;border-bottom:1px solid var(--line);padding-bottom:.2rem}
h3{font-size:1.05rem;margin:1.2rem 0 .3rem}p{margin:.4rem 0;overflow-wrap:anywhere}
.dim{color:var(--dim);font-size:.92em}.banner{background:var(--soft);border-left:4px solid var(--unlearned);padding:.5rem .8rem;margin:.8rem 0}
ul.checks{list-style:none;padding:0;margin:0}ul.checks li{margin:.2rem 0;padding-left:5.2rem;text-indent:-5.2rem;overflow-wrap:anywhere}
.mark{display:inline-block;width:5.2rem;text-indent:0;font-weight:700}.pass{color:var(--pass)}.fail{color:var(--fail)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.88rem;margin:.4rem 0}
caption{text-align:left;color:var(--dim);padding:.2rem 0}
th,td{text-align:left;vertical-align:top;padding:.28rem .5rem;border-bottom:1px solid var(--line)}
thead th{background:var(--soft)}tbody th{font-weight:600}th .dim{font-weight:400}td .mark{display:block;width:auto}.num{font-variant-numeric:tabular-nums;white-space:nowrap}
th.part{background:var(--soft);font-weight:700}
.card{border:1px solid var(--line);border-radius:4px;padding:.6rem .8rem;margin:.6rem 0}
.card h3{margin:0 0 .3rem}.card dl{display:grid;grid-template-columns:11.5rem 1fr;gap:.25rem .8rem;margin:0}
dt{color:var(--dim);font-size:.88rem}dd{margin:0;min-width:0}
.text{white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate;max-height:24rem;overflow:auto}
table.facts{width:auto;min-width:26rem}code{white-space:pre-wrap;font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.86rem;overflow-wrap:anywhere}
pre{background:var(--soft);padding:.6rem .8rem;white-space:pre-wrap;overflow-wrap:anywhere;border-radius:4px}
nav{display:flex;flex-wrap:wrap;gap:.1rem .9rem}nav a{color:inherit}
svg{width:100%;max-width:46rem;height:auto;display:block}svg text{fill:var(--ink);font:12px system-ui,sans-serif}
svg .axis{stroke:var(--dim);stroke-width:1}svg .grid{stroke:var(--line);stroke-width:.6}svg .path{fill:none;stroke:var(--unlearned);stroke-width:1.5}
svg .base{fill:var(--base);stroke:var(--base)}svg .unlearned{fill:var(--unlearned);stroke:var(--unlearned)}
svg .direct{fill:var(--direct);stroke:var(--direct)}svg .retain-only{fill:var(--retain-only);stroke:var(--retain-only)}
svg .chosen{fill:none;stroke:var(--ink);stroke-width:2}
@media (max-width:40rem){.card dl{grid-template-columns:1fr}}
@media print{:root{color-scheme:light}body{max-width:none;padding:0;font-size:10pt}nav{display:none}h2{break-after:avoid}
.card,svg,tr{break-inside:avoid}.wide{overflow:visible}.text{max-height:none;overflow:visible}table{font-size:7.5pt}th,td{padding:.2rem .3rem}.num.dim{white-space:normal}thead{display:table-header-group}
@page{margin:16mm 14mm}}
""".strip()
