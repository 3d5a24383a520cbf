"""When a request under an idempotency key was last known to be at work.

Revision: 0004. Follows: 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Requests of before have none and count as given up: the process that was at work on them has ended.
    op.add_column("idempotency_key", sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("idempotency_key", "held_at")
