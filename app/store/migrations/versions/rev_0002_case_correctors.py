"""Who corrected a case is kept with it: they do not approve what comes of their correction.

Revision: 0002. Follows: 0001.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without a rewrite of the table: both databases keep the default of an added column beside it.
    json = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
    op.add_column("case", sa.Column("corrector_ids", json, nullable=False, server_default="[]"))
    # Cases that were corrected before: the log knows by whom.
    corrected = sa.text("SELECT DISTINCT case_id, actor_id FROM audit_entry WHERE kind = 'case.corrected'")
    by: dict[str, set[str]] = {}
    for case_id, actor_id in op.get_bind().execute(corrected):
        by.setdefault(case_id, set()).add(actor_id)
    case = sa.table("case", sa.column("id", sa.String), sa.column("corrector_ids", json))
    for case_id, people in by.items():
        op.execute(case.update().where(case.c.id == case_id).values(corrector_ids=sorted(people)))


def downgrade() -> None:
    op.drop_column("case", "corrector_ids")
