"""Whose consent a booking asks for is kept with its review, so that they can be told.

Revision: 0012. Follows: 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("review", sa.Column("line_manager", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("review", "line_manager")
