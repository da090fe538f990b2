# SPDX-License-Identifier: Apache-2.0
"""An SQLite database as an OpenSIPS installation has it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

SCHEMA = """
CREATE TABLE version (table_name CHAR(32) NOT NULL, table_version INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT version_t_name_idx UNIQUE (table_name));
INSERT INTO version VALUES ('location', 1013);
CREATE TABLE location (
    contact_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, username CHAR(64) DEFAULT '' NOT NULL,
    domain CHAR(64) DEFAULT NULL, contact TEXT NOT NULL, received CHAR(255) DEFAULT NULL,
    path CHAR(255) DEFAULT NULL, expires INTEGER NOT NULL, q FLOAT(10,2) DEFAULT 1.0 NOT NULL,
    callid CHAR(255) DEFAULT 'Default-Call-ID' NOT NULL, cseq INTEGER DEFAULT 13 NOT NULL,
    last_modified DATETIME DEFAULT '1900-01-01 00:00:01' NOT NULL, flags INTEGER DEFAULT 0 NOT NULL,
    cflags CHAR(255) DEFAULT NULL, user_agent CHAR(255) DEFAULT '' NOT NULL, socket CHAR(64) DEFAULT NULL,
    methods INTEGER DEFAULT NULL, sip_instance CHAR(255) DEFAULT NULL, kv_store TEXT(512) DEFAULT NULL,
    attr CHAR(255) DEFAULT NULL);
"""


def new_database(path: Path) -> Path:
    """Makes the file with the tables that usrloc needs, and returns its path."""
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    connection.close()
    return path
