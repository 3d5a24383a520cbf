"""What was heard of customers, found by when it was.

Revision: 0011. Follows: 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_triage_run_heard", "triage_run", ["tenant", "finished_at"],
        sqlite_where=sa.text("sentiment IS NOT NULL"), postgresql_where=sa.text("sentiment IS NOT NULL"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_triage_run_heard", "triage_run")
