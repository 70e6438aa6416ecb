"""Audits: one row per run, probe, side and question, and one per run and probe."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "probe_results",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("probe", sa.String(length=120), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_probe_results_run_id_runs", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["question_id"], ["questions.id"], name="fk_probe_results_question_id_questions"),
        sa.PrimaryKeyConstraint("run_id", "probe", "side", "question_id", name="pk_probe_results"),
    )
    op.create_index("ix_probe_results_question_id", "probe_results", ["question_id"])
    op.create_table(
        "probe_summaries",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("probe", sa.String(length=120), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("floor_found", sa.Integer(), nullable=True),
        sa.Column("floor_n", sa.Integer(), nullable=True),
        sa.Column("floor_reason", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("value_low", sa.Double(), nullable=True),
        sa.Column("value_high", sa.Double(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("greedy_found", sa.Integer(), nullable=False),
        sa.Column("beyond_greedy", sa.Integer(), nullable=False),
        sa.Column("budget", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_probe_summaries_run_id_runs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "probe", name="pk_probe_summaries"),
    )
