"""What findings of audit reports need of the database, version 2: amounts within amounts without a circle, classes by date.

Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

# With the county's journal locked, so that of two acts that would close a circle the second sees the first.
NO_CIRCLE = """
CREATE FUNCTION audit.finding_lies_in_no_circle() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = audit, pg_temp AS $$
DECLARE outer_id uuid := NEW.within_finding_id;
BEGIN
  PERFORM next_position(NEW.county_code);
  WHILE outer_id IS NOT NULL LOOP
    IF outer_id = NEW.id THEN
      RAISE EXCEPTION 'finding % would lie within itself', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    SELECT f.within_finding_id INTO outer_id FROM finding f WHERE f.county_code = NEW.county_code AND f.id = outer_id;
  END LOOP;
  RETURN NEW;
END $$"""
NESTING = """
CREATE TRIGGER no_circle BEFORE INSERT OR UPDATE OF within_finding_id ON audit.finding FOR EACH ROW
 WHEN (NEW.within_finding_id IS NOT NULL) EXECUTE FUNCTION audit.finding_lies_in_no_circle()"""
SETTLING = """
CREATE TRIGGER settled_further BEFORE UPDATE ON audit.finding FOR EACH ROW
 WHEN (OLD.confirmed_on IS NOT NULL AND
       (NEW.within_finding_id, NEW.report_id, NEW.about_region, NEW.amount_known)
       IS DISTINCT FROM (OLD.within_finding_id, OLD.report_id, OLD.about_region, OLD.amount_known))
 EXECUTE FUNCTION audit.finding_is_settled()"""

_REGULATION = "《财政违法行为处罚处分条例》（国务院令第427号，2011年修订）"
_AUDITS = "审计署2016—2018年扶贫审计公告的问题条目；归入六项问题为本系统暂定"
# Code, title, problem class of speech 001 above it, articles of the regulation. Which article a class falls under was not
# held against the regulation's text, except 6 and 14: all of it is assumed.
CLASSES = (
    ("F01", "闲置滞留", "资金项目监管不严", ["6"]),
    ("F02", "骗取套取、违规使用", "资金项目监管不严", ["6", "14"]),
    ("F03", "虚报冒领", "资金项目监管不严", ["6", "14"]),
    ("F04", "用于非扶贫领域", "资金项目监管不严", ["6"]),
    ("F05", "弥补经费、发放福利", "资金项目监管不严", ["6"]),
    ("F06", "违规收费", "资金项目监管不严", ["3"]),
    ("F07", "项目废弃或未达预期效果", "资金项目监管不严", []),
    ("F08", "利益联结弱、垒大户", "内生动力不足", []),
    ("F09", "平均主义分配", "资金项目监管不严", []),
    ("F10", "造血资金直接发放", "内生动力不足", ["6"]),
    ("F11", "识别不准、信息未更新", "识别不准", []),
    ("F12", "提前或虚假脱贫", "脱贫质量不高", []),
    ("F13", "应享政策未享受", "工作落实不力", []),
    ("F14", "贷款贴息违规", "资金项目监管不严", ["6", "14"]),
    ("F15", "易地搬迁超标准、层层加码", "工作落实不力", []),
    ("F16", "招投标、采购、施工管理不规范", "资金项目监管不严", ["9"]),
    ("F17", "未公开公示", "台账资料不规范", []),
    ("F18", "形式主义、超标接待", "工作落实不力", ["6"]),
)


def statements() -> Iterator[str]:
    yield NO_CIRCLE
    yield "REVOKE ALL ON FUNCTION audit.finding_lies_in_no_circle() FROM PUBLIC"
    yield NESTING
    yield SETTLING


def classes() -> Iterator[str]:
    """The first edition, without articles, and the one since the regulation took effect on 2005-02-01."""
    for code, title, problem, articles in CLASSES:
        listed = ", ".join(f"'{one}'" for one in articles)
        for edition, since, source, named in (
            (1, "1949-10-01", _AUDITS, ""),
            (2, "2005-02-01", f"{_AUDITS}；条款对应{_REGULATION}，除第六、十四条外未核对原文", listed),
        ):
            yield (
                "INSERT INTO audit.finding_class (code, edition, valid_from, title, problem_class, articles, source, basis)"
                f" VALUES ('{code}', {edition}, '{since}', '{title}', '{problem}', ARRAY[{named}]::text[], '{source}', 'assumed')"
            )
