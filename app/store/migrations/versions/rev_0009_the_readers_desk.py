"""Views of the queue that people keep, how the pages look for a firm, and how its customers sounded.

Revision: 0009. Follows: 0008.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("principal_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "principal_id", "name"),
    )
    op.create_table(
        "logo",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant"),
    )
    op.add_column("tenant", sa.Column("brand", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True))
    op.add_column("triage_run", sa.Column("sentiment", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("triage_run", "sentiment")
    op.drop_column("tenant", "brand")
    op.drop_table("logo")
    op.drop_table("saved_view")
