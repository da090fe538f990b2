# SPDX-License-Identifier: Apache-2.0
"""The table of contacts as OpenSIPS 3.4 makes it in a database server."""

from __future__ import annotations

MYSQL_TABLES = """
CREATE TABLE version (table_name CHAR(32) NOT NULL, table_version INT UNSIGNED DEFAULT 0 NOT NULL,
    CONSTRAINT t_name_idx UNIQUE (table_name)) ENGINE=InnoDB;
INSERT INTO version VALUES ('location', '1013');
CREATE TABLE location (
    contact_id BIGINT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL, username CHAR(64) DEFAULT '' NOT NULL,
    domain CHAR(64) DEFAULT NULL, contact TEXT NOT NULL, received CHAR(255) DEFAULT NULL, path CHAR(255) DEFAULT NULL,
    expires INT(10) UNSIGNED NOT NULL, q FLOAT(10,2) DEFAULT 1.0 NOT NULL,
    callid CHAR(255) DEFAULT 'Default-Call-ID' NOT NULL, cseq INT(11) DEFAULT 13 NOT NULL,
    last_modified DATETIME DEFAULT '1900-01-01 00:00:01' NOT NULL, flags INT(11) DEFAULT 0 NOT NULL,
    cflags CHAR(255) DEFAULT NULL, user_agent CHAR(255) DEFAULT '' NOT NULL, socket CHAR(64) DEFAULT NULL,
    methods INT(11) DEFAULT NULL, sip_instance CHAR(255) DEFAULT NULL, kv_store TEXT(512) DEFAULT NULL,
    attr CHAR(255) DEFAULT NULL) ENGINE=InnoDB;
"""
POSTGRES_TABLES = """
CREATE TABLE version (table_name VARCHAR(32) NOT NULL, table_version INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT version_t_name_idx UNIQUE (table_name));
INSERT INTO version (table_name, table_version) VALUES ('location', '1013');
CREATE TABLE location (
    contact_id BIGSERIAL PRIMARY KEY NOT NULL, username VARCHAR(64) DEFAULT '' NOT NULL,
    domain VARCHAR(64) DEFAULT NULL, contact TEXT NOT NULL, received VARCHAR(255) DEFAULT NULL,
    path VARCHAR(255) DEFAULT NULL, expires INTEGER NOT NULL, q REAL DEFAULT 1.0 NOT NULL,
    callid VARCHAR(255) DEFAULT 'Default-Call-ID' NOT NULL, cseq INTEGER DEFAULT 13 NOT NULL,
    last_modified TIMESTAMP WITHOUT TIME ZONE DEFAULT '1900-01-01 00:00:01' NOT NULL, flags INTEGER DEFAULT 0 NOT NULL,
    cflags VARCHAR(255) DEFAULT NULL, user_agent VARCHAR(255) DEFAULT '' NOT NULL, socket VARCHAR(64) DEFAULT NULL,
    methods INTEGER DEFAULT NULL, sip_instance VARCHAR(255) DEFAULT NULL, kv_store TEXT DEFAULT NULL,
    attr VARCHAR(255) DEFAULT NULL);
"""
