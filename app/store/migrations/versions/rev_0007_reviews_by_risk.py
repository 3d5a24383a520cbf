"""The queue in the order of risk.

Revision: 0007. Follows: 0006.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_review_risk", "review", ["tenant", "status", "risk_score", "id"])


def downgrade() -> None:
    op.drop_index("ix_review_risk", "review")
