# SPDX-License-Identifier: Apache-2.0
"""The servers' scripts with what a measurement adds: carillon.cfg and kamailio.cfg, some of their lines replaced."""

from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent

# The same in both dialects: who calls or registers is who authenticated.
_CALLS = """
    if (!is_method("REGISTER") && {from_us}) {{
        if (!proxy_authorize({from_realm}, "subscriber")) {{
            proxy_challenge({from_realm}, {qop});
            exit;
        }}
        if ($au != $fU) {{
            {reply}(403, "Forbidden auth ID");
            exit;
        }}
        consume_credentials();
    }}
"""
_REGISTRATIONS = """
        if (!www_authorize({to_realm}, "subscriber")) {{
            www_challenge({to_realm}, {qop});
            exit;
        }}
        if ($au != $tU) {{
            {reply}(403, "Forbidden auth ID");
            exit;
        }}
"""
_CARILLON = {"from_us": 'is_myself("$fd")', "from_realm": '""', "to_realm": '""', "qop": '"auth"',
             "reply": "send_reply"}
_KAMAILIO = {"from_us": "from_uri == myself", "from_realm": '"$fd"', "to_realm": '"$td"', "qop": '"1"',
             "reply": "sl_send_reply"}


def write(folder, name, original, lines):
    """A copy of a script, some of whose lines are replaced; `lines` maps each, without its indentation, to a text."""
    left = dict(lines)
    text = "\n".join(left.pop(line.strip(), line)
                     for line in (BENCH / original).read_text(encoding="utf-8").splitlines())
    if left:
        raise RuntimeError(f"{original} has no line {', '.join(left)}")
    path = Path(folder) / name
    path.write_text(text + "\n", encoding="utf-8")
    return path


def _module(name, **parameters):
    lines = [f'loadmodule "{name}.so"']
    for key, value in parameters.items():
        lines.append(f'modparam("{name}", "{key}", {value})' if isinstance(value, int) else
                     f'modparam("{name}", "{key}", "{value}")')
    return "\n".join(lines)


def _driver(url):
    return _module({"sqlite": "db_sqlite", "mysql": "db_mysql"}[url.partition(":")[0]])


def _authenticating(modules, dialect):
    return {"# @modules@": "\n".join(modules), "# @calls@": _CALLS.format(**dialect),
            "# @registrations@": _REGISTRATIONS.format(**dialect)}


def carillon_with_users(folder, url, reuse, cache_seconds):
    """Carillon, whose users are in a database. With `reuse` a nonce may serve again."""
    auth_db = {"db_url": url, "password_column": "ha1", "calculate_ha1": 0, "use_domain": 1}
    if cache_seconds:
        auth_db["credential_cache"] = cache_seconds
    modules = [_driver(url), _module("auth", nonce_expire=300, disable_nonce_check=int(reuse)),
               _module("auth_db", **auth_db)]
    return write(folder, "carillon_users.cfg", "carillon.cfg", _authenticating(modules, _CARILLON))


def kamailio_with_users(folder, url):
    """Kamailio on the same table. It lets a nonce serve again unless it is told to keep account of them."""
    modules = [_driver(url), _module("auth", nonce_expire=300),
               _module("auth_db", db_url=url, password_column="ha1", calculate_ha1=0, use_domain=1, version_table=0,
                       load_credentials="")]
    return write(folder, "kamailio_users.cfg", "kamailio.cfg", _authenticating(modules, _KAMAILIO))


def carillon_with_contacts(folder, url):
    """Carillon, whose contacts are loaded from a database at its start and written back."""
    preset = 'modparam("usrloc", "working_mode_preset", "{}")'
    return write(folder, "carillon_contacts.cfg", "carillon.cfg", {
        preset.format("single-instance-no-db"): "\n".join([
            _driver(url), preset.format("single-instance-sql-write-back"), f'modparam("usrloc", "db_url", "{url}")'])})


def kamailio_with_contacts(folder, url, db_mode):
    """Kamailio, the same."""
    return write(folder, "kamailio_contacts.cfg", "kamailio.cfg", {
        'modparam("usrloc", "db_mode", 0)': "\n".join([
            _driver(url), f'modparam("usrloc", "db_mode", {db_mode})', f'modparam("usrloc", "db_url", "{url}")'])})
