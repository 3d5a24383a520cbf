"""The queue in the order of risk.

Revision: 0006. Follows: 0005.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_review_risk", "review", ["tenant", "status", "risk_score", "id"])


def downgrade() -> None:
    op.drop_index("ix_review_risk", "review")
