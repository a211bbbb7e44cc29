"""Whether 非农业 registration is asked about is for a place to say: 国发〔2014〕25号 ended the distinction.

An edition of the nation's value beside the first, which stays what was judged by before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0096"
down_revision = "0095"
branch_labels = None
depends_on = None

SOURCE = "国发〔2014〕25号取消农业户口与非农业户口区分；未见全国要求比对户口性质的文件，暂定不比对；确需比对的地方按资金设为 1"


def upgrade() -> None:
    op.execute(
        sa.text(
            "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
            " VALUES ('nonfarm_asked', '00', '2015-01-01', '0', :source, 'assumed')"
        ).bindparams(source=SOURCE)
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
