"""What is overdue, found without reading all that waits.

Revision: 0008. Follows: 0007.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_review_deadline", "review", ["tenant", "status", "due_at"])


def downgrade() -> None:
    op.drop_index("ix_review_deadline", "review")
