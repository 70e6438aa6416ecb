"""Curves over alpha under teacher forcing, one row per run, question and measure; and a run's advice on alpha."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "curves",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(length=120), nullable=False),
        sa.Column("knots", sa.JSON(), nullable=False),
        sa.Column("error", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_curves_run_id_runs", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["question_id"], ["questions.id"], name="fk_curves_question_id_questions"),
        sa.PrimaryKeyConstraint("run_id", "question_id", "metric", name="pk_curves"),
    )
    op.create_index("ix_curves_question_id", "curves", ["question_id"])
    op.add_column("runs", sa.Column("advice", sa.JSON(), nullable=True))
