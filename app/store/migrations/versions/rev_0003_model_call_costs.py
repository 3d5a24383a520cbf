"""What a model call took and by which prompt it was made; calls of a firm's day are found by an index.

Revision: 0003. Follows: 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without a rewrite of the table: both databases keep the default of an added column beside it.
    op.add_column("model_call", sa.Column("latency_ms", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("model_call", sa.Column("prompt", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_model_call_day", "model_call", ["tenant", "at"])


def downgrade() -> None:
    op.drop_index("ix_model_call_day", "model_call")
    op.drop_column("model_call", "prompt")
    op.drop_column("model_call", "latency_ms")
