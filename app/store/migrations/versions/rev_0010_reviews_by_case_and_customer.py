"""A case's and a customer's reviews in the queue's order, found without reading all that waits.

Revision: 0010. Follows: 0009.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_review_case", "review")
    op.create_index("ix_review_case", "review", ["case_id", "tenant", "status", "priority", "id"])
    op.create_index("ix_review_customer", "review", ["tenant", "customer_id", "status", "priority", "id"])


def downgrade() -> None:
    op.drop_index("ix_review_customer", "review")
    op.drop_index("ix_review_case", "review")
    op.create_index("ix_review_case", "review", ["case_id", "status"])
