// SPDX-License-Identifier: Apache-2.0
// That the tables are those of OpenSIPS 4.1: every name, version, group, column, type, default and key.
#include "server/database_tables.h"

#include <gmock/gmock.h>

#include <string>

namespace carillon::server {
namespace {

using storage::Column;
using storage::ColumnType;
using storage::KeyKind;

// `name version group: column TYPE...`, where ! is NOT NULL, AUTO a counted primary key, ='x' a default; a table goes
// on in the lines that are indented.
constexpr const char* kTables = R"(
acc 7 acc: id INT AUTO, method CHAR(16)!='', from_tag CHAR(64)!='', to_tag CHAR(64)!='', callid CHAR(64)!='',
  sip_code CHAR(3)!='', sip_reason CHAR(32)!='', time DATETIME!, duration INT!='0', ms_duration INT!='0', setuptime
  INT!='0', created DATETIME | INDEX(callid)
missed_calls 5 acc: id INT AUTO, method CHAR(16)!='', from_tag CHAR(64)!='', to_tag CHAR(64)!='', callid
  CHAR(64)!='', sip_code CHAR(3)!='', sip_reason CHAR(32)!='', time DATETIME!, setuptime INT!='0', created DATETIME
  | INDEX(callid)
dbaliases 2 alias_db: id INT AUTO, alias_username CHAR(64)!='', alias_domain CHAR(64)!='', username CHAR(64)!='',
  domain CHAR(64)!='' | UNIQUE(alias_username,alias_domain) | INDEX(username,domain)
subscriber 8 auth_db: id INT AUTO, username CHAR(64)!='', domain CHAR(64)!='', password CHAR(25)!='', ha1
  CHAR(64)!='', ha1_sha256 CHAR(64)!='', ha1_sha512t256 CHAR(64)!='' | UNIQUE(username,domain) | INDEX(username)
uri 2 auth_db: id INT AUTO, username CHAR(64)!='', domain CHAR(64)!='', uri_user CHAR(64)!='', last_modified
  DATETIME!='1900-01-01 00:00:01' | UNIQUE(username,domain,uri_user)
jwt_profiles 1 authjwt: id INT AUTO, tag CHAR(128)!, sip_username CHAR(128)! | UNIQUE(tag)
jwt_secrets 1 authjwt: id INT AUTO, corresponding_tag CHAR(128)!, secret TEXT!, start_ts INT!, end_ts INT!
b2b_entities 2 b2b: id INT AUTO, type INT!, state INT!, ruri CHAR(255), from_uri CHAR(255)!, to_uri CHAR(255)!,
  from_dname CHAR(64), to_dname CHAR(64), tag0 CHAR(64)!, tag1 CHAR(64), callid CHAR(128)!, cseq0 INT!, cseq1 INT,
  contact0 CHAR(255)!, contact1 CHAR(255), route0 TEXT, route1 TEXT, sockinfo_srv CHAR(64), param CHAR(255)!,
  mod_name CHAR(32)!, storage BLOB(4096), lm INT!, lrc INT, lic INT, leg_cseq INT, leg_route TEXT, leg_tag CHAR(64),
  leg_contact CHAR(255), leg_sockinfo CHAR(255) | UNIQUE(type,tag0,tag1,callid) | INDEX(param)
b2b_logic 5 b2b: id INT AUTO, si_key CHAR(64)!, scenario CHAR(64), sstate INT!, lifetime INT!='0', e1_type INT!,
  e1_sid CHAR(64), e1_from CHAR(255)!, e1_to CHAR(255)!, e1_key CHAR(64)!, e1_sdp TEXT, e2_type INT!, e2_sid
  CHAR(64), e2_from CHAR(255)!, e2_to CHAR(255)!, e2_key CHAR(64)!, e2_sdp TEXT, e3_type INT, e3_sid CHAR(64),
  e3_from CHAR(255), e3_to CHAR(255), e3_key CHAR(64) | UNIQUE(si_key)
b2b_sca 1 b2b_sca: id INT AUTO, shared_line CHAR(64)!, watchers CHAR(255)!, app1_shared_entity INT, app1_call_state
  INT, app1_call_info_uri CHAR(255), app1_call_info_appearance_uri CHAR(255), app1_b2bl_key CHAR(64),
  app2_shared_entity INT, app2_call_state INT, app2_call_info_uri CHAR(255), app2_call_info_appearance_uri
  CHAR(255), app2_b2bl_key CHAR(64), app3_shared_entity INT, app3_call_state INT, app3_call_info_uri CHAR(255),
  app3_call_info_appearance_uri CHAR(255), app3_b2bl_key CHAR(64), app4_shared_entity INT, app4_call_state INT,
  app4_call_info_uri CHAR(255), app4_call_info_appearance_uri CHAR(255), app4_b2bl_key CHAR(64), app5_shared_entity
  INT, app5_call_state INT, app5_call_info_uri CHAR(255), app5_call_info_appearance_uri CHAR(255), app5_b2bl_key
  CHAR(64), app6_shared_entity INT, app6_call_state INT, app6_call_info_uri CHAR(255), app6_call_info_appearance_uri
  CHAR(255), app6_b2bl_key CHAR(64), app7_shared_entity INT, app7_call_state INT, app7_call_info_uri CHAR(255),
  app7_call_info_appearance_uri CHAR(255), app7_b2bl_key CHAR(64), app8_shared_entity INT, app8_call_state INT,
  app8_call_info_uri CHAR(255), app8_call_info_appearance_uri CHAR(255), app8_b2bl_key CHAR(64), app9_shared_entity
  INT, app9_call_state INT, app9_call_info_uri CHAR(255), app9_call_info_appearance_uri CHAR(255), app9_b2bl_key
  CHAR(64), app10_shared_entity INT, app10_call_state INT, app10_call_info_uri CHAR(255),
  app10_call_info_appearance_uri CHAR(255), app10_b2bl_key CHAR(64) | UNIQUE(shared_line)
cachedb 2 cachedb_sql: id INT AUTO, keyname CHAR(255)!, value TEXT(512)!, counter INT!='0', expires INT!='0' |
  UNIQUE(keyname)
cc_flows 2 call_center: id INT AUTO, flowid CHAR(64)!, priority INT!='256', skill CHAR(64)!, prependcid CHAR(32),
  max_wrapup_time INT!='0', dissuading_hangup INT!='0', dissuading_onhold_th INT!='0', dissuading_ewt_th INT!='0',
  dissuading_qsize_th INT!='0', message_welcome CHAR(128), message_queue CHAR(128)!, message_dissuading CHAR(128),
  message_flow_id CHAR(128) | UNIQUE(flowid)
cc_agents 3 call_center: id INT AUTO, agentid CHAR(128)!, location CHAR(128), logstate INT!='0', msrp_location
  CHAR(128), msrp_max_sessions INT!='4', skills CHAR(255)!, wrapup_end_time INT!='0', wrapup_time INT!='0' |
  UNIQUE(agentid)
cc_cdrs 2 call_center: id INT AUTO, caller CHAR(64)!, received_timestamp DATETIME!, wait_time INT!='0', pickup_time
  INT!='0', talk_time INT!='0', flow_id CHAR(128)!, agent_id CHAR(128), call_type INT!='-1', rejected INT!='0',
  fstats INT!='0', cid INT='0', media INT!='0'
cc_calls 3 call_center: id INT AUTO, state INT!, media INT!, ig_cback INT!, no_rej INT!, setup_time INT!, eta INT!,
  last_start INT!, recv_time INT!, caller_dn CHAR(128)!, caller_un CHAR(128)!, b2buaid CHAR(128)!='', flow
  CHAR(128)!, agent CHAR(128)!, script_param CHAR(128)! | UNIQUE(b2buaid) | INDEX(b2buaid)
carrierroute 3 carrierroute: id INT AUTO, carrier INT!='0', domain CHAR(64)!='', scan_prefix CHAR(64)!='', flags
  INT!='0', mask INT!='0', prob FLOAT!='0', strip INT!='0', rewrite_host CHAR(255)!='', rewrite_prefix CHAR(64)!='',
  rewrite_suffix CHAR(64)!='', description CHAR(255)
carrierfailureroute 2 carrierroute: id INT AUTO, carrier INT!='0', domain CHAR(64)!='', scan_prefix CHAR(64)!='',
  host_name CHAR(255)!='', reply_code CHAR(3)!='', flags INT!='0', mask INT!='0', next_domain CHAR(64)!='',
  description CHAR(255)
route_tree 2 carrierroute: id INT AUTO, carrier CHAR(64)
closeddial 1 closeddial: id INT AUTO, username CHAR(64)!='', domain CHAR(64)!='', cd_username CHAR(64)!='',
  cd_domain CHAR(64)!='', group_id CHAR(64)!='', new_uri CHAR(255)!='' |
  UNIQUE(username,domain,cd_domain,cd_username,group_id) | INDEX(group_id) | INDEX(cd_username) | INDEX(username)
clusterer 4 clusterer: id INT AUTO, cluster_id INT!, node_id INT!, url CHAR(64)!, state INT!='1', no_ping_retries
  INT!='3', priority INT!='50', sip_addr CHAR(64), flags CHAR(64), description CHAR(64) | UNIQUE(cluster_id,node_id)
clusterer_bridge 1 clusterer: id INT AUTO, cluster_a INT!, cluster_b INT!, send_shtag CHAR(32)!, dst_node_csv TEXT |
  UNIQUE(cluster_a,cluster_b)
config 1 config: id INT AUTO, name CHAR(255)!, value TEXT(4096), description CHAR(255) | UNIQUE(name)
cpl 2 cpl: id INT AUTO, username CHAR(64)!, domain CHAR(64)!='', cpl_xml TEXT, cpl_bin TEXT |
  UNIQUE(username,domain)
dialog 12 dialog: dlg_id BIGINT(10)!, callid CHAR(255)!, from_uri CHAR(255)!, from_tag CHAR(64)!, to_uri CHAR(255)!,
  to_tag CHAR(64)!, mangled_from_uri CHAR(255), mangled_to_uri CHAR(255), caller_cseq CHAR(11)!, callee_cseq
  CHAR(11)!, caller_ping_cseq INT!, callee_ping_cseq INT!, caller_route_set TEXT(512), callee_route_set TEXT(512),
  caller_contact CHAR(255), callee_contact CHAR(255), caller_sock CHAR(64)!, callee_sock CHAR(64)!, state INT!,
  start_time INT!, timeout INT!, vars BLOB(4096), profiles TEXT(512), script_flags CHAR(255), module_flags INT!='0',
  flags INT!='0', rt_on_answer CHAR(64), rt_on_timeout CHAR(64), rt_on_hangup CHAR(64) | PRIMARY(dlg_id)
dialplan 5 dialplan: id INT AUTO, dpid INT!, pr INT!='0', match_op INT!, match_exp CHAR(64)!, match_flags INT!='0',
  subst_exp CHAR(64), repl_exp CHAR(32), timerec CHAR(255), disabled INT!='0', attrs CHAR(255)
dispatcher 9 dispatcher: id INT AUTO, setid INT!='0', destination CHAR(192)!='', socket CHAR(128), state INT!='0',
  probe_mode INT!='0', weight CHAR(64)!='1', priority INT!='0', attrs CHAR(128), description CHAR(64)
domain 4 domain: id INT AUTO, domain CHAR(64)!='', attrs CHAR(255), accept_subdomain INT!='0', last_modified
  DATETIME!='1900-01-01 00:00:01' | UNIQUE(domain)
domainpolicy 3 domainpolicy: id INT AUTO, rule CHAR(255)!, type CHAR(255)!, att CHAR(255), val CHAR(128),
  description CHAR(255)! | UNIQUE(rule,att,val) | INDEX(rule)
dr_gateways 6 drouting: id INT AUTO, gwid CHAR(64)!, type INT!='0', address CHAR(128)!, strip INT!='0', pri_prefix
  CHAR(16), attrs CHAR(255), probe_mode INT!='0', state INT!='0', socket CHAR(128), description CHAR(128) |
  UNIQUE(gwid)
dr_rules 4 drouting: ruleid INT AUTO, groupid CHAR(255)!, prefix CHAR(64)!, timerec CHAR(255), priority INT!='0',
  routeid CHAR(255), gwlist CHAR(255), sort_alg CHAR(1)!='N', sort_profile INT, attrs CHAR(255), description
  CHAR(128)
dr_carriers 3 drouting: id INT AUTO, carrierid CHAR(64)!, gwlist CHAR(255)!, flags INT!='0', sort_alg CHAR(1)!='N',
  state INT!='0', attrs CHAR(255), description CHAR(128) | UNIQUE(carrierid)
dr_groups 2 drouting: id INT AUTO, username CHAR(64)!, domain CHAR(128), groupid INT!='0', description CHAR(128)
dr_partitions 1 drouting: id INT AUTO, partition_name CHAR(255)!, db_url CHAR(255)!, drd_table CHAR(255), drr_table
  CHAR(255), drg_table CHAR(255), drc_table CHAR(255), ruri_avp CHAR(255), gw_id_avp CHAR(255), gw_priprefix_avp
  CHAR(255), gw_sock_avp CHAR(255), rule_id_avp CHAR(255), rule_prefix_avp CHAR(255), carrier_id_avp CHAR(255)
emergency_routing 1 emergency: id INT AUTO, selectiveRoutingID CHAR(11)!, routingESN INT!='0', npa INT!='0', esgwri
  CHAR(50)!
emergency_report 1 emergency: id INT AUTO, callid CHAR(25)!, selectiveRoutingID CHAR(11)!, routingESN INT!='0', npa
  INT!='0', esgwri CHAR(50)!, lro CHAR(20)!, VPC_organizationName CHAR(50)!, VPC_hostname CHAR(50)!, VPC_timestamp
  CHAR(30)!, result CHAR(4)!, disposition CHAR(10)!
emergency_service_provider 1 emergency: id INT AUTO, organizationName CHAR(50)!, hostId CHAR(30)!, nenaId CHAR(50)!,
  contact CHAR(20)!, certUri CHAR(50)!, nodeIP CHAR(20)!, attribution INT!
fraud_detection 1 fraud_detection: ruleid INT AUTO, profileid INT!, prefix CHAR(64)!, start_hour CHAR(5)!='00:00',
  end_hour CHAR(5)!='23:59', daysoftheweek CHAR(64)!='Mon-Sun', cpm_warning INT!='0', cpm_critical INT!='0',
  call_duration_warning INT!='0', call_duration_critical INT!='0', total_calls_warning INT!='0',
  total_calls_critical INT!='0', concurrent_calls_warning INT!='0', concurrent_calls_critical INT!='0',
  sequential_calls_warning INT!='0', sequential_calls_critical INT!='0'
freeswitch 1 freeswitch_scripting: id INT AUTO, username CHAR(64), password CHAR(64)!, ip CHAR(20)!, port
  INT!='8021', events_csv CHAR(255)
grp 3 group: id INT AUTO, username CHAR(64)!='', domain CHAR(64)!='', grp CHAR(64)!='', last_modified
  DATETIME!='1900-01-01 00:00:01' | UNIQUE(username,domain,grp)
re_grp 2 group: id INT AUTO, reg_exp CHAR(128)!='', group_id INT!='0' | INDEX(group_id)
imc_rooms 2 imc: id INT AUTO, name CHAR(64)!, domain CHAR(64)!, flag INT! | UNIQUE(name,domain)
imc_members 2 imc: id INT AUTO, username CHAR(64)!, domain CHAR(64)!, room CHAR(64)!, flag INT! |
  UNIQUE(username,domain,room)
janus 1 janus: id INT AUTO, janus_id TEXT!, janus_url TEXT!
load_balancer 3 load_balancer: id INT AUTO, group_id INT!='0', dst_uri CHAR(128)!, resources CHAR(255)!, probe_mode
  INT!='0', attrs CHAR(255), description CHAR(128) | INDEX(dst_uri)
silo 6 msilo: id INT AUTO, src_addr CHAR(255)!='', dst_addr CHAR(255)!='', username CHAR(64)!='', domain
  CHAR(64)!='', inc_time INT!='0', exp_time INT!='0', snd_time INT!='0', ctype CHAR(255), body BLOB |
  INDEX(username,domain)
address 5 permissions: id INT AUTO, grp SMALLINT(5)!='0', ip CHAR(50)!, mask SMALLINT!='32', port SMALLINT(5)!='0',
  proto CHAR(4)!='any', pattern CHAR(64), context_info CHAR(32)
presentity 5 presence: id INT AUTO, username CHAR(64)!, domain CHAR(64)!, event CHAR(64)!, etag CHAR(64)!, expires
  INT!, received_time INT!, body BLOB, extra_hdrs BLOB, sender CHAR(255) | UNIQUE(username,domain,event,etag)
active_watchers 12 presence: id INT AUTO, presentity_uri CHAR(255)!, watcher_username CHAR(64)!, watcher_domain
  CHAR(64)!, to_user CHAR(64)!, to_domain CHAR(64)!, event CHAR(64)!='presence', event_id CHAR(64), to_tag
  CHAR(64)!, from_tag CHAR(64)!, callid CHAR(64)!, local_cseq INT!, remote_cseq INT!, contact CHAR(255)!,
  record_route TEXT, expires INT!, status INT!='2', reason CHAR(64), version INT!='0', socket_info CHAR(64)!,
  local_contact CHAR(255)!, sharing_tag CHAR(32) | UNIQUE(presentity_uri,callid,to_tag,from_tag)
watchers 4 presence: id INT AUTO, presentity_uri CHAR(255)!, watcher_username CHAR(64)!, watcher_domain CHAR(64)!,
  event CHAR(64)!='presence', status INT!, reason CHAR(64), inserted_time INT! |
  UNIQUE(presentity_uri,watcher_username,watcher_domain,event)
xcap 4 presence: id INT AUTO, username CHAR(64)!, domain CHAR(64)!, doc BLOB!, doc_type INT!, etag CHAR(64)!, source
  INT!, doc_uri CHAR(255)!, port INT! | UNIQUE(username,domain,doc_type,doc_uri) | INDEX(source)
pua 9 presence: id INT AUTO, pres_uri CHAR(255)!, pres_id CHAR(255)!, event INT!, expires INT!, desired_expires
  INT!, flag INT!, etag CHAR(64), tuple_id CHAR(64), watcher_uri CHAR(255), to_uri CHAR(255), call_id CHAR(64),
  to_tag CHAR(64), from_tag CHAR(64), cseq INT, record_route TEXT, contact CHAR(255), remote_contact CHAR(255),
  version INT, extra_headers TEXT, sharing_tag CHAR(32) | INDEX(pres_uri,event) | INDEX(expires) |
  INDEX(pres_uri,pres_id,flag,event)
qr_profiles 1 qrouting: id INT AUTO, profile_name CHAR(64)!, warn_threshold_asr DOUBLE!='-1', warn_threshold_ccr
  DOUBLE!='-1', warn_threshold_pdd DOUBLE!='-1', warn_threshold_ast DOUBLE!='-1', warn_threshold_acd DOUBLE!='-1',
  crit_threshold_asr DOUBLE!='-1', crit_threshold_ccr DOUBLE!='-1', crit_threshold_pdd DOUBLE!='-1',
  crit_threshold_ast DOUBLE!='-1', crit_threshold_acd DOUBLE!='-1', warn_penalty_asr DOUBLE!='0.5', warn_penalty_ccr
  DOUBLE!='0.5', warn_penalty_pdd DOUBLE!='0.5', warn_penalty_ast DOUBLE!='0.5', warn_penalty_acd DOUBLE!='0.5',
  crit_penalty_asr DOUBLE!='0.05', crit_penalty_ccr DOUBLE!='0.05', crit_penalty_pdd DOUBLE!='0.05',
  crit_penalty_ast DOUBLE!='0.05', crit_penalty_acd DOUBLE!='0.05'
rc_clients 1 ratecacher: id INT AUTO, client_id CHAR(64)!, wholesale_rate INT!='0', retail_rate INT!='0' |
  UNIQUE(client_id)
rc_vendors 1 ratecacher: id INT AUTO, vendor_id CHAR(64)!, vendor_rate INT!='0' | UNIQUE(vendor_id)
rc_ratesheets 1 ratecacher: id INT AUTO, ratesheet_table CHAR(64)!, currency CHAR(64)! | UNIQUE(ratesheet_table)
rc_demo_ratesheet 1 ratecacher: id INT AUTO, prefix CHAR(64)!, destination CHAR(128)!, price FLOAT!='0', minimum
  INT!='0', increment INT!='1' | UNIQUE(prefix)
registrant 3 registrant: id INT AUTO, registrar CHAR(255)!='', proxy CHAR(255), aor CHAR(255)!='',
  third_party_registrant CHAR(255), username CHAR(64), password CHAR(64), binding_URI CHAR(255)!='', binding_params
  CHAR(64), expiry INT, forced_socket CHAR(64), cluster_shtag CHAR(64), state INT!='0' |
  UNIQUE(aor,binding_URI,registrar)
rls_presentity 1 rls: id INT AUTO, rlsubs_did CHAR(255)!, resource_uri CHAR(255)!, content_type CHAR(255)!,
  presence_state BLOB!, expires INT!, updated INT!, auth_state INT!, reason CHAR(64)! |
  UNIQUE(rlsubs_did,resource_uri) | INDEX(updated)
rls_watchers 2 rls: id INT AUTO, presentity_uri CHAR(255)!, to_user CHAR(64)!, to_domain CHAR(64)!, watcher_username
  CHAR(64)!, watcher_domain CHAR(64)!, event CHAR(64)!='presence', event_id CHAR(64), to_tag CHAR(64)!, from_tag
  CHAR(64)!, callid CHAR(64)!, local_cseq INT!, remote_cseq INT!, contact CHAR(64)!, record_route TEXT, expires
  INT!, status INT!='2', reason CHAR(64)!, version INT!='0', socket_info CHAR(64)!, local_contact CHAR(255)! |
  UNIQUE(presentity_uri,callid,to_tag,from_tag)
rtpengine 1 rtpengine: id INT AUTO, socket TEXT!, set_id INT!
rtpproxy_sockets 0 rtpproxy: id INT AUTO, rtpproxy_sock TEXT!, set_id INT!
smpp 1 smpp: id INT AUTO, name CHAR(255)!, ip CHAR(50)!, port INT!, system_id CHAR(16)!, password CHAR(9)!,
  system_type CHAR(13)!='', src_ton INT!='0', src_npi INT!='0', dst_ton INT!='0', dst_npi INT!='0', session_type
  INT!='1' | UNIQUE(name)
sockets 1 sockets_mgm: id INT AUTO, socket CHAR(128)!, advertised CHAR(128), tag CHAR(128), flags CHAR(128), tos
  CHAR(32)
speed_dial 3 speeddial: id INT AUTO, username CHAR(64)!='', domain CHAR(64)!='', sd_username CHAR(64)!='', sd_domain
  CHAR(64)!='', new_uri CHAR(255)!='', fname CHAR(64)!='', lname CHAR(64)!='', description CHAR(64)!='' |
  UNIQUE(username,domain,sd_domain,sd_username)
usr_preferences 3 sqlops: id INT AUTO, uuid CHAR(64)!='', username CHAR(64)!='0', domain CHAR(64)!='', attribute
  CHAR(32)!='', type INT!='0', value CHAR(128)!='', last_modified DATETIME!='1900-01-01 00:00:01' |
  INDEX(uuid,attribute) | INDEX(username,domain,attribute) | INDEX(value)
version 1 standard: table_name CHAR(32)!, table_version INT!='0' | UNIQUE(table_name)
tcp_mgm 2 tcp_mgm: id INT AUTO, proto CHAR(8)!='any', remote_addr CHAR(43), remote_port INT!='0', local_addr
  CHAR(43), local_port INT!='0', priority INT!='0', attrs CHAR(255), connect_timeout INT!='100', con_lifetime
  INT!='120', msg_read_timeout INT!='4', send_threshold INT!='0', no_new_conn INT!='0', alias_mode INT!='0',
  keepalive INT!='1', keepcount INT!='9', keepidle INT!='7200', keepinterval INT!='75'
tls_mgm 3 tls_mgm: id INT AUTO, domain CHAR(64)!, match_ip_address CHAR(255), match_sip_domain CHAR(255), type
  INT!='1', method CHAR(16)='SSLv23', verify_cert INT='1', require_cert INT='1', certificate BLOB, private_key BLOB,
  crl_check_all INT='0', crl_dir CHAR(255), ca_list BLOB, ca_dir CHAR(255), cipher_list CHAR(255), dh_params BLOB,
  ec_curve CHAR(255) | UNIQUE(domain,type)
sip_trace 5 tracer: id INT AUTO, time_stamp DATETIME!='1900-01-01 00:00:01', callid CHAR(255)!='', trace_attrs
  CHAR(255), msg TEXT!, method CHAR(32)!='', status CHAR(255), from_proto CHAR(5)!, from_ip CHAR(50)!='', from_port
  INT!, to_proto CHAR(5)!, to_ip CHAR(50)!='', to_port INT!, fromtag CHAR(64)!='', direction CHAR(4)!='' |
  INDEX(trace_attrs) | INDEX(time_stamp) | INDEX(from_ip) | INDEX(callid)
trie_table 1 trie: ruleid INT AUTO, prefix CHAR(64)!, attrs CHAR(255), enabled INT!='1'
trie_partitions 1 trie: id INT AUTO, partition_name CHAR(255)!, db_url CHAR(255)!, trie_table CHAR(255)
userblacklist 2 userblacklist: id INT AUTO, username CHAR(64)!='', domain CHAR(64)!='', prefix CHAR(64)!='',
  whitelist TINYINT(1)!='0' | INDEX(username,domain,prefix)
globalblacklist 2 userblacklist: id INT AUTO, prefix CHAR(64)!='', whitelist TINYINT(1)!='0', description CHAR(255)
  | INDEX(prefix)
location 1013 usrloc: contact_id INT AUTO, username CHAR(64)!='', domain CHAR(64), contact TEXT!, received
  CHAR(255), path CHAR(255), expires INT!, q FLOAT(10,2)!='1.0', callid CHAR(255)!='Default-Call-ID', cseq
  INT!='13', last_modified DATETIME!='1900-01-01 00:00:01', flags INT!='0', cflags CHAR(255), user_agent
  CHAR(255)!='', socket CHAR(64), methods INT, sip_instance CHAR(255), kv_store TEXT(512), attr CHAR(255)
)";

std::string type_of(const Column& column) {
  std::string name;
  switch (column.type) {
    case ColumnType::TinyInteger:
      name = "TINYINT";
      break;
    case ColumnType::SmallInteger:
      name = "SMALLINT";
      break;
    case ColumnType::Integer:
      name = "INT";
      break;
    case ColumnType::BigInteger:
      name = "BIGINT";
      break;
    case ColumnType::Float:
      name = "FLOAT";
      break;
    case ColumnType::Double:
      name = "DOUBLE";
      break;
    case ColumnType::Char:
      name = "CHAR";
      break;
    case ColumnType::Text:
      name = "TEXT";
      break;
    case ColumnType::Blob:
      name = "BLOB";
      break;
    case ColumnType::DateTime:
      name = "DATETIME";
      break;
  }
  if (column.length == 0) return name;
  return name + "(" + std::to_string(column.length) +
         (column.decimals != 0 ? "," + std::to_string(column.decimals) : "") + ")";
}

std::string text_of(const Column& column) {
  const std::string name(column.name);
  // usrloc counts its 64-bit ids itself.
  if (column.auto_increment) return name + " INT AUTO";
  return name + " " + type_of(column) + (column.nullable ? "" : "!") +
         (column.has_default ? "='" + std::string(column.default_value) + "'" : "");
}

std::string text_of(const storage::TableSpec& table) {
  std::string text =
      std::string(table.name) + " " + std::to_string(table.version) + " " + std::string(table.group) + ":";
  std::string_view separator = " ";
  for (const Column& column : table.columns) {
    text += std::string(separator) + text_of(column);
    separator = ", ";
  }
  for (const storage::Key& key : table.keys) {
    text += key.kind == KeyKind::Primary ? " | PRIMARY(" : key.kind == KeyKind::Unique ? " | UNIQUE(" : " | INDEX(";
    text += std::string(key.columns) + ")";
  }
  return text;
}

std::vector<std::string> expected() {
  std::vector<std::string> tables;
  std::string_view rest = kTables;
  rest.remove_prefix(1);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    if (line.starts_with("  ")) {
      tables.back() += line.substr(1);
    } else {
      tables.emplace_back(line);
    }
  }
  return tables;
}

TEST(DatabaseTables, AreThoseOfOpenSips) {
  std::vector<std::string> texts;
  for (const storage::TableSpec* table : all_tables()) texts.push_back(text_of(*table));
  texts.push_back(text_of(storage::version_table()));
  const std::vector<std::string> wanted = expected();
  EXPECT_EQ(wanted.size(), 74U);
  for (const std::string& table : wanted) EXPECT_THAT(texts, ::testing::Contains(table));
  EXPECT_EQ(texts.size(), wanted.size()) << "a table that isn't in the list";
}

TEST(DatabaseTables, OlderVersionsAreOlder) {
  for (const storage::TableSpec* table : all_tables()) {
    for (const std::uint32_t version : table->older_versions) EXPECT_LT(version, table->version) << table->name;
  }
}

TEST(DatabaseTables, PartsAreThoseTheClassicToolAsksFor) {
  for (const char* group : {"presence", "rls"}) EXPECT_EQ(part_of(group), Part::Presence);
  for (const char* group : {"imc", "cpl", "tracer", "domainpolicy", "carrierroute", "userblacklist"}) {
    EXPECT_EQ(part_of(group), Part::Extra);
  }
  for (const char* group : {"acc", "auth_db", "usrloc", "dialog", "group"}) EXPECT_EQ(part_of(group), Part::Standard);
}

}  // namespace
}  // namespace carillon::server
