"""Places, households and persons with the days on which they were what they were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import registry_v1

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROLE = "funds_app"
PAYEE = "一卡通可由户主或共同生活的家庭成员持有；暂按允许发给户内任一成员"
CODE = sa.Text(collation="C")


def upgrade() -> None:
    _places()
    _register()
    _people_of_before()
    _lists()
    _policy()
    for statement in registry_v1.statements():
        op.execute(statement)


def _places() -> None:
    """Reference data, public: it does not grow with payments."""
    op.add_column("region", sa.Column("valid_from", sa.Date(), nullable=True), schema="funds")
    op.add_column("region", sa.Column("valid_to", sa.Date(), nullable=True), schema="funds")
    op.create_check_constraint(op.f("ck_region_valid_some_day"), "region", "valid_to > valid_from", schema="funds")
    op.create_table(
        "region_former",
        sa.Column("code", CODE, nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("parent_code", CODE, nullable=True),
        sa.Column("listed_year", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["funds.region.code"], name=op.f("fk_region_former_code")),
        sa.PrimaryKeyConstraint("code", "valid_to", name=op.f("pk_region_former")),
        schema="funds",
    )
    op.create_table(
        "region_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('recoded', 'merged', 'split', 'redrawn')", name=op.f("ck_region_change_kind")),
        sa.CheckConstraint("document <> ''", name=op.f("ck_region_change_document_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_region_change")),
        schema="funds",
    )
    op.create_table(
        "region_link",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("from_code", CODE, nullable=False),
        sa.Column("to_code", CODE, nullable=False),
        sa.CheckConstraint("from_code <> to_code", name=op.f("ck_region_link_two_codes")),
        sa.ForeignKeyConstraint(["change_id"], ["funds.region_change.id"], name=op.f("fk_region_link_change_id")),
        sa.ForeignKeyConstraint(["from_code"], ["funds.region.code"], name=op.f("fk_region_link_from_code")),
        sa.ForeignKeyConstraint(["to_code"], ["funds.region.code"], name=op.f("fk_region_link_to_code")),
        sa.PrimaryKeyConstraint("change_id", "from_code", "to_code", name=op.f("pk_region_link")),
        schema="funds",
    )
    op.create_index("ix_region_link_from", "region_link", ["from_code"], schema="funds")
    op.create_index("ix_region_link_to", "region_link", ["to_code"], schema="funds")
    op.execute(f"GRANT UPDATE (valid_from, valid_to) ON funds.region TO {ROLE}")
    for table in ("region_former", "region_change", "region_link"):
        op.execute(f"GRANT SELECT, INSERT ON funds.{table} TO {ROLE}")


def _by_act(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["county_code", "act_id"],
        ["funds.registry_act.county_code", "funds.registry_act.id"],
        name=op.f(f"fk_{table}_county_code_act_id"),
        deferrable=True,
        initially="DEFERRED",
    )


def _of_household(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["county_code", "household_id"],
        ["funds.household.county_code", "funds.household.id"],
        name=op.f(f"fk_{table}_county_code_household_id"),
    )


def _fact(table: str, owner: str, *more: sa.schema.SchemaItem) -> None:
    """A table of dated facts: one row per owner, day and act, never changed."""
    op.create_table(
        table,
        sa.Column("county_code", CODE, nullable=False),
        sa.Column(owner, sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=False),
        *more,
        _of_household(table),
        _by_act(table),
        sa.PrimaryKeyConstraint("county_code", owner, "from_on", "act_id", name=op.f(f"pk_{table}")),
        schema="funds",
    )
    op.create_index(f"ix_{table}_act", table, ["county_code", "act_id"], schema="funds")


def _register() -> None:
    op.create_table(
        "registry_act",
        sa.Column("county_code", CODE, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("document <> ''", name=op.f("ck_registry_act_document")),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_registry_act")),
        sa.UniqueConstraint("county_code", "position", name=op.f("uq_registry_act_county_code_position")),
        schema="funds",
    )
    op.create_table(
        "person",
        sa.Column("county_code", CODE, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", CODE, nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("cell", sa.LargeBinary(), nullable=False),
        sa.Column("key_number", sa.SmallInteger(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.CheckConstraint("length(token) = 16", name=op.f("ck_person_token_length")),
        sa.CheckConstraint("(household_id IS NULL) = (role IS NULL)", name=op.f("ck_person_role_in_a_household")),
        sa.CheckConstraint("role IN ('head', 'member')", name=op.f("ck_person_role")),
        _of_household("person"),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_person")),
        sa.UniqueConstraint("county_code", "token", name=op.f("uq_person_county_code_token")),
        schema="funds",
    )
    op.create_index("ix_person_household", "person", ["county_code", "household_id"], schema="funds")
    op.create_index(
        "ix_person_one_head",
        "person",
        ["county_code", "household_id"],
        unique=True,
        schema="funds",
        postgresql_where=sa.text("role = 'head'"),
    )
    _fact(
        "membership",
        "person_id",
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("region_code", CODE, nullable=False),
        sa.CheckConstraint("(household_id IS NULL) = (role IS NULL)", name=op.f("ck_membership_role_in_a_household")),
        sa.CheckConstraint("role IN ('head', 'member')", name=op.f("ck_membership_role")),
        sa.ForeignKeyConstraint(
            ["county_code", "person_id"],
            ["funds.person.county_code", "funds.person.id"],
            name=op.f("fk_membership_county_code_person_id"),
        ),
    )
    op.create_index(
        "ix_membership_household", "membership", ["county_code", "household_id", "from_on"], schema="funds"
    )
    _fact(
        "residence",
        "household_id",
        sa.Column("region_code", CODE, nullable=False),
        sa.Column("left_region", CODE, nullable=False),
        sa.Column("outside", sa.Boolean(), nullable=False),
    )
    _fact(
        "standing",
        "household_id",
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("appeal_until", sa.Date(), nullable=True),
        sa.Column("region_code", CODE, nullable=False),
        sa.CheckConstraint(
            "standing IN ('registered', 'lifted', 'monitored', 'returned', 'removed')",
            name=op.f("ck_standing_standing"),
        ),
        sa.CheckConstraint(
            "appeal_until IS NULL OR standing = 'removed'", name=op.f("ck_standing_appeal_of_a_removal")
        ),
        sa.CheckConstraint("standing <> 'removed' OR reason <> ''", name=op.f("ck_standing_removed_for_a_reason")),
    )


def _people_of_before() -> None:
    """The heads registered until now become persons; a cell opens only under its own id, so they keep the household's."""
    op.execute("""
        INSERT INTO funds.registry_act (county_code, id, position, kind, document, effective_on, actor)
        SELECT county_code, gen_random_uuid(), 0, 'registered', '启用人口登记前的农户登记册', min(registered_on), 'migration'
          FROM funds.household GROUP BY county_code""")
    op.execute("""
        INSERT INTO funds.person (county_code, id, region_code, token, cell, key_number, household_id, role, since_on,
                                  settled_on)
        SELECT county_code, id, region_code, head_token, head_cell, key_number, id, 'head', registered_on,
               CASE WHEN removed_on IS NULL THEN registered_on END
          FROM funds.household""")
    op.execute("""
        INSERT INTO funds.membership (county_code, person_id, from_on, act_id, household_id, role, reason, region_code)
        SELECT h.county_code, h.id, h.registered_on, a.id, h.id, 'head', 'registered', h.region_code
          FROM funds.household h JOIN funds.registry_act a ON a.county_code = h.county_code""")
    op.execute("""
        INSERT INTO funds.standing (county_code, household_id, from_on, act_id, standing, reason, region_code)
        SELECT h.county_code, h.id, h.removed_on, a.id, 'removed', '启用人口登记前已退出', h.region_code
          FROM funds.household h JOIN funds.registry_act a ON a.county_code = h.county_code
         WHERE h.removed_on IS NOT NULL""")
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.drop_constraint("uq_household_county_code_head_token", "household", schema="funds")
    op.drop_constraint("ck_household_token_length", "household", schema="funds")
    for column in ("head_token", "head_cell", "key_number"):
        op.drop_column("household", column, schema="funds")
    for column, kind in (("act_id", sa.Uuid()), ("founded_region", CODE), ("settled_on", sa.Date())):
        op.add_column("household", sa.Column(column, kind, nullable=True), schema="funds")
    op.add_column("household", sa.Column("left_region", CODE, nullable=True), schema="funds")
    op.add_column(
        "household",
        sa.Column("outside", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        schema="funds",
    )
    op.add_column("household", sa.Column("came_from", sa.Uuid(), nullable=True), schema="funds")
    op.add_column(
        "household",
        sa.Column("standing", sa.Text(), nullable=False, server_default=sa.text("'registered'")),
        schema="funds",
    )
    op.execute("""
        UPDATE funds.household h SET act_id = a.id, founded_region = h.region_code,
               settled_on = coalesce(h.removed_on, h.registered_on),
               standing = CASE WHEN h.removed_on IS NULL THEN 'registered' ELSE 'removed' END
          FROM funds.registry_act a WHERE a.county_code = h.county_code""")
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for column in ("act_id", "founded_region", "settled_on"):
        op.alter_column("household", column, nullable=False, schema="funds")
    op.create_check_constraint(
        op.f("ck_household_removed_since"),
        "household",
        "(standing = 'removed') = (removed_on IS NOT NULL)",
        schema="funds",
    )
    op.create_check_constraint(
        op.f("ck_household_settled_after_registered"), "household", "settled_on >= registered_on", schema="funds"
    )
    op.create_foreign_key(
        op.f("fk_household_county_code_act_id"),
        "household",
        "registry_act",
        ["county_code", "act_id"],
        ["county_code", "id"],
        source_schema="funds",
        referent_schema="funds",
        deferrable=True,
        initially="DEFERRED",
    )
    op.create_foreign_key(
        op.f("fk_household_county_code_came_from"),
        "household",
        "household",
        ["county_code", "came_from"],
        ["county_code", "id"],
        source_schema="funds",
        referent_schema="funds",
    )


def _lists() -> None:
    """A checked batch says by which list it was judged. A batch checked before has no list and nothing to hold against."""
    op.add_column(
        "payment_batch",
        sa.Column("per", sa.Text(), nullable=False, server_default=sa.text("'household'")),
        schema="funds",
    )
    op.add_column("payment_batch", sa.Column("list_on", sa.Date(), nullable=True), schema="funds")
    op.add_column("payment_batch", sa.Column("list_position", sa.BigInteger(), nullable=True), schema="funds")
    op.add_column("payment_batch", sa.Column("list_sha256", sa.LargeBinary(), nullable=True), schema="funds")
    op.create_check_constraint(
        op.f("ck_payment_batch_per"), "payment_batch", "per IN ('household', 'person')", schema="funds"
    )
    op.create_check_constraint(
        op.f("ck_payment_batch_list_whole"),
        "payment_batch",
        "(list_position IS NULL) = (list_sha256 IS NULL)",
        schema="funds",
    )


def _policy() -> None:
    op.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        f" VALUES ('payee_any_member', '00', '2015-01-01', '1', '{PAYEE}', 'assumed')"
    )


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
