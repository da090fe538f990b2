// SPDX-License-Identifier: Apache-2.0
// The functions and variables of OpenSIPS 4's modules: a script that uses one which this server has not is told whose
// it is. Asked only about names that no module here has, so nothing needs striking out when one is added.
#include <algorithm>
#include <array>

#include "base/strings.h"
#include "module/opensips_modules.h"

namespace carillon::module {
namespace {

struct Names {
  std::string_view module;
  std::string_view names;  // separated by one blank
};

constexpr auto kFunctions = std::to_array<Names>({
    {"aaa_diameter", "dm_send_answer dm_send_request"},
    {"aaa_radius", "radius_send_acct radius_send_auth"},
    {"acc",
     "acc_aaa_request acc_db_request acc_evi_request acc_load_ctx_from_dlg acc_log_request acc_new_leg "
     "acc_unload_ctx_from_dlg do_accounting drop_accounting"},
    {"alias_db", "alias_db_find alias_db_lookup"},
    {"auth",
     "append_rpid_hf consume_credentials is_rpid_user_e164 proxy_challenge pv_proxy_authorize "
     "pv_www_authorize www_challenge"},
    {"auth_aaa", "aaa_does_uri_exist aaa_does_uri_user_exist aaa_proxy_authorize aaa_www_authorize"},
    {"auth_aka",
     "aka_av_add aka_av_drop aka_av_drop_all aka_av_fail aka_proxy_authorize aka_proxy_challenge "
     "aka_www_authorize aka_www_challenge"},
    {"auth_db",
     "db_does_uri_exist db_get_auth_id db_is_from_authorized db_is_to_authorized proxy_authorize "
     "www_authorize"},
    {"auth_jwt", "extract_pub_key_from_cert extract_pub_key_from_exp_mod jwt_db_authorize jwt_script_authorize"},
    {"auth_web3", "web3_proxy_authenticate web3_www_authenticate"},
    {"b2b_entities", "ua_session_reply ua_session_server_init ua_session_terminate ua_session_update"},
    {"b2b_logic",
     "b2b_bridge b2b_bridge_request b2b_bridge_retry b2b_client_new b2b_delete_entity b2b_end_dlg_leg "
     "b2b_handle_reply b2b_init_request b2b_pass_request b2b_send_reply b2b_server_new "
     "b2b_trigger_scenario"},
    {"b2b_sca", "sca_bridge_request sca_init_request"},
    {"b2b_sdp_demux", "b2b_sdp_demux"},
    {"benchmark", "bm_log_timer bm_start_timer"},
    {"cachedb_local", "cache_remove_chunk"},
    {"call_center", "cc_agent_login cc_handle_call"},
    {"call_control", "call_control"},
    {"callops", "call_blind_replace call_transfer call_transfer_notify"},
    {"carrierroute", "cr_next_domain cr_prime_route cr_route cr_user_carrier"},
    {"cfgutils",
     "abort check_time_rec get_accurate_time get_dynamic_lock get_static_lock pkg_status rand_event "
     "rand_get_prob rand_reset_prob rand_set_prob release_dynamic_lock release_static_lock set_count "
     "set_select_weight shm_status shuffle_avps sleep strings_share_lock ts_usec_delta usleep"},
    {"cgrates", "cgrates_acc cgrates_auth cgrates_cmd"},
    {"clusterer", "cluster_broadcast_req cluster_check_addr cluster_send_req cluster_send_rpl"},
    {"compression", "mc_compact mc_compress mc_decompress"},
    {"cpl_c", "cpl_process_register cpl_process_register_norpl cpl_run_script"},
    {"dialog",
     "create_dialog dlg_inc_cseq dlg_on_answer dlg_on_hangup dlg_on_timeout dlg_send_sequential "
     "fetch_dlg_value fix_route_dialog get_dialog_info get_dialog_vals get_dialogs_by_profile "
     "get_dialogs_by_val get_profile_size is_dlg_flag_set is_in_profile load_dialog_ctx match_dialog "
     "reset_dlg_flag set_dlg_flag set_dlg_profile set_dlg_sharing_tag store_dlg_value "
     "test_and_set_dlg_flag unload_dialog_ctx unset_dlg_profile validate_dialog"},
    {"dialplan", "dp_translate"},
    {"dispatcher",
     "ds_count ds_get_script_attrs ds_is_in_list ds_mark_dst ds_next_domain ds_next_dst "
     "ds_push_script_attrs ds_select_domain ds_select_dst"},
    {"diversion", "add_diversion"},
    {"domain", "is_domain_local is_from_local is_uri_host_local"},
    {"domainpolicy", "dp_apply_policy dp_can_connect"},
    {"drouting",
     "do_routing dr_disable dr_is_gw dr_match goes_to_gw is_from_gw route_to_carrier route_to_gw "
     "use_next_gw"},
    {"emergency", "emergency_call failure"},
    {"enum", "enum_query i_enum_query is_from_user_enum isn_query"},
    {"event_kafka", "kafka_publish"},
    {"event_rabbitmq", "rabbitmq_publish"},
    {"event_routing", "notify_on_event wait_for_event"},
    {"event_sqs", "sqs_send_message"},
    {"example", "example example_int example_str"},
    {"exec", "exec"},
    {"fraud_detection", "check_fraud"},
    {"freeswitch_scripting", "freeswitch_esl"},
    {"gflags", "is_gflag reset_gflag set_gflag"},
    {"group", "aaa_is_user_in db_get_user_group db_is_user_in"},
    {"h350", "h350_auth_lookup h350_result_call_preferences h350_result_service_level h350_sipuri_lookup"},
    {"http2d", "http2_send_response"},
    {"identity", "authservice verifier"},
    {"imc", "imc_manager"},
    {"jabber", "jab_exit_jconf jab_go_offline jab_go_online jab_join_jconf jab_send_message"},
    {"janus", "janus_send_request"},
    {"json", "json_link json_merge"},
    {"jsonrpc", "jsonrpc_notification jsonrpc_request"},
    {"launch_darkly", "ld_feature_enabled"},
    {"ldap", "ldap_filter_url_encode ldap_result ldap_result_check ldap_result_next ldap_search"},
    {"load_balancer",
     "lb_count_call lb_disable_dst lb_is_destination lb_is_started lb_next lb_reset lb_start "
     "lb_start_or_next load_balance"},
    {"lua", "lua_exec lua_meminfo"},
    {"mangler", "decode_contact decode_contact_header encode_contact sdp_mangle_ip sdp_mangle_port"},
    {"mathops", "math_ceil math_compare math_eval math_floor math_round math_round_sf math_rpn math_trunc"},
    {"maxfwd", "is_maxfwd_lt mf_process_maxfwd_header"},
    {"media_exchange",
     "media_exchange_from_uri media_exchange_to_call media_fork_from_call media_fork_pause "
     "media_fork_resume media_fork_to_uri media_handle_indialog media_terminate"},
    {"mediaproxy", "end_media_session engage_media_proxy use_media_proxy"},
    {"mi_script", "mi"},
    {"mid_registrar", "mid_registrar_lookup mid_registrar_save"},
    {"mmgeoip", "mmg_lookup"},
    {"mqueue", "mq_add mq_fetch mq_pv_free mq_size"},
    {"msilo", "m_dump m_store"},
    {"msrp_gateway", "msg_to_msrp msrp_gw_answer"},
    {"msrp_ua", "msrp_ua_answer"},
    {"nat_traversal", "client_nat_test fix_contact nat_keepalive"},
    {"nathelper", "add_rcv_param fix_nated_contact fix_nated_register fix_nated_sdp nat_uac_test restore_nated_ruri"},
    {"options", "options_reply"},
    {"osp",
     "checkcallingtranslation checkospheader checkosproute getlocaladdress prepareallosproutes "
     "prepareospresponse prepareosproute processsubscribe reportospusage requestosprouting setrequestdate "
     "validateospheader"},
    {"path", "add_path add_path_received"},
    {"peering", "verify_destination verify_source"},
    {"perl", "perl_exec perl_exec_simple"},
    {"permissions", "allow_register allow_routing allow_uri check_address check_source_address get_source_group"},
    {"pike", "pike_check_req"},
    {"presence", "handle_publish handle_subscribe"},
    {"presence_callinfo", "sca_engage sca_mute_branch sca_set_called_line sca_validate_invite_out"},
    {"prometheus", "prometheus_declare_stat prometheus_push_stat"},
    {"proto_hep", "correlate"},
    {"proto_ipsec", "ipsec_create"},
    {"proto_smpp", "send_smpp_message"},
    {"pua", "pua_update_contact"},
    {"pua_bla", "bla_handle_notify bla_set_flag"},
    {"pua_dialoginfo", "dialoginfo_mute_branch dialoginfo_set dialoginfo_set_branch_callee"},
    {"pua_reginfo", "reginfo_handle_notify reginfo_subscribe reginfo_update"},
    {"pua_usrloc", "pua_set_publish"},
    {"pua_xmpp", "pua_xmpp_notify pua_xmpp_req_winfo"},
    {"python", "python_exec"},
    {"qrouting", "qr_disable_dst qr_enable_dst qr_set_xstat"},
    {"rate_cacher", "cost_based_filtering cost_based_ordering get_client_price get_vendor_price"},
    {"ratelimit", "rl_check rl_dec_count rl_reset_count rl_values"},
    {"regex", "pcre_match pcre_match_group"},
    {"registrar",
     "add_sock_hdr is_contact_registered is_ip_registered is_registered lookup remove remove_ip_port save"},
    {"rest_client", "rest_append_hf rest_get rest_init_client_tls rest_post rest_put"},
    {"rls", "rls_handle_notify rls_handle_subscribe"},
    {"rr", "add_rr_param check_route_param is_direction loose_route record_route record_route_preset"},
    {"rtp_relay", "rtp_relay_engage"},
    {"rtpengine",
     "rtpengine_answer rtpengine_block_dtmf rtpengine_block_media rtpengine_delete rtpengine_manage "
     "rtpengine_offer rtpengine_pause_recording rtpengine_play_dtmf rtpengine_play_media "
     "rtpengine_start_forwarding rtpengine_start_recording rtpengine_stop_forwarding rtpengine_stop_media "
     "rtpengine_stop_recording rtpengine_unblock_dtmf rtpengine_unblock_media rtpengine_use_set"},
    {"rtpproxy",
     "rtpproxy_all_stats rtpproxy_answer rtpproxy_engage rtpproxy_offer rtpproxy_start_recording "
     "rtpproxy_stats rtpproxy_stop_stream2uac rtpproxy_stop_stream2uas rtpproxy_stream2uac "
     "rtpproxy_stream2uas rtpproxy_unforce"},
    {"signaling", "send_reply"},
    {"sip_i", "add_isup_part"},
    {"sipcapture", "hep_del hep_get hep_relay hep_resume_sip hep_set report_capture sip_capture"},
    {"sipmsgops",
     "add_body_part append_body_to_reply append_hf append_time append_to_reply append_urihf "
     "change_reply_status codec_delete codec_delete_except_re codec_delete_re codec_exists codec_exists_re "
     "codec_move_down codec_move_down_re codec_move_up codec_move_up_re get_glob_headers_values "
     "get_updated_body_part has_body has_body_part has_totag insert_hf is_audio_on_hold is_method "
     "is_present_hf is_privacy is_uri_user_e164 list_hdr_add_option list_hdr_has_option "
     "list_hdr_remove_option remove_body_part remove_hf remove_hf_glob remove_hf_re ruri_add_param "
     "ruri_del_param ruri_has_param ruri_tel2sip sip_to_json sipmsg_validate stream_delete stream_exists"},
    {"siprec",
     "siprec_pause_recording siprec_resume_recording siprec_send_indialog siprec_start_recording "
     "siprec_stop_recording"},
    {"sl", "sl_reply_error sl_send_reply"},
    {"sngtc", "sngtc_callee_answer sngtc_caller_answer sngtc_offer"},
    {"speeddial", "sd_lookup"},
    {"sql_cacher", "sql_cache_dump"},
    {"sqlops",
     "sql_avp_delete sql_avp_load sql_avp_store sql_delete sql_insert sql_query sql_query_one sql_replace "
     "sql_select sql_select_one sql_update"},
    {"sst", "sstCheckMin"},
    {"statistics", "reset_stat stat_iter_init stat_iter_next update_stat update_stat_series"},
    {"status_report", "sr_add_report sr_set_status"},
    {"stir_shaken",
     "stir_shaken_auth stir_shaken_check stir_shaken_check_cert stir_shaken_disengagement "
     "stir_shaken_verify"},
    {"textops",
     "replace replace_all replace_body replace_body_all replace_body_atonce search search_append "
     "search_append_body search_body subst subst_body subst_uri subst_user"},
    {"tls_mgm", "is_peer_verified"},
    {"tm",
     "t_add_cancel_reason t_add_hdrs t_anycast_replicate t_cancel_branch t_check_status t_check_trans "
     "t_flush_flags t_get_branch_idx_by_attr t_inject_branches t_local_replied t_new_request t_newtran "
     "t_on_branch t_on_failure t_on_reply t_relay t_replicate t_reply t_reply_by_callid t_reply_with_body "
     "t_wait_for_new_branches t_wait_no_more_branches t_was_cancelled t_write_req t_write_unix"},
    {"topology_hiding", "topology_hiding topology_hiding_match"},
    {"tracer", "trace"},
    {"trie", "trie_search"},
    {"uac", "uac_auth uac_inc_cseq uac_replace_from uac_replace_to uac_restore_from uac_restore_to"},
    {"uac_redirect", "get_redirects set_accept_filter set_deny_filter"},
    {"userblacklist", "check_blacklist check_user_blacklist"},
    {"usrloc", "ul_add_key ul_del_key ul_get_key"},
    {"uuid", "uuid"},
    {"xmpp", "xmpp_send_message"},
});

constexpr auto kVariables = std::to_array<Names>({
    {"acc", "acc_current_leg acc_extra acc_leg"},
    {"b2b_logic", "b2b_logic.ctx b2b_logic.entity b2b_logic.key b2b_logic.peer b2b_logic.scenario"},
    {"cfgutils", "RANDOM ctime env shv"},
    {"clusterer", "cluster.sh_tag"},
    {"config", "config"},
    {"dialog",
     "DLG_count DLG_ctx_json DLG_del_delay DLG_did DLG_dir DLG_end_reason DLG_flags DLG_json DLG_lifetime "
     "DLG_options_ping_interval DLG_reinvite_ping_interval DLG_status DLG_timeout dlg_val"},
    {"json", "json json_compact json_compact_noescape json_pretty"},
    {"mqueue", "mqk mqv."},
    {"nat_traversal", "keepalive.socket nat_traversal.track_dialog source_uri"},
    {"proto_ipsec", "ipsec ipsec_ue"},
    {"ratelimit", "rl_count"},
    {"rr", "rr_params"},
    {"rtp_relay", "rtp_relay rtp_relay_callee rtp_relay_caller rtp_relay_ctx rtp_relay_peer"},
    {"rtpengine", "rtpquery rtpstat"},
    {"signaling", "sig_local_totag"},
    {"sip_i", "isup_param"},
    {"siprec", "siprec"},
    {"sql_cacher", "sql_cached_value"},
    {"statistics", "stat"},
    {"stir_shaken", "identity"},
    {"tls_mgm",
     "tls_cipher_bits tls_cipher_info tls_description tls_my_issuer tls_my_issuer_cn tls_my_issuer_country "
     "tls_my_issuer_locality tls_my_issuer_organization tls_my_issuer_state tls_my_issuer_unit "
     "tls_my_san_email tls_my_san_hostname tls_my_san_ip tls_my_san_uri tls_my_serial tls_my_subject "
     "tls_my_subject_cn tls_my_subject_country tls_my_subject_locality tls_my_subject_organization "
     "tls_my_subject_serial tls_my_subject_state tls_my_subject_unit tls_my_version tls_peer_expired "
     "tls_peer_issuer tls_peer_issuer_cn tls_peer_issuer_country tls_peer_issuer_locality "
     "tls_peer_issuer_organization tls_peer_issuer_state tls_peer_issuer_unit tls_peer_notAfter "
     "tls_peer_notBefore tls_peer_revoked tls_peer_san_email tls_peer_san_hostname tls_peer_san_ip "
     "tls_peer_san_uri tls_peer_selfsigned tls_peer_serial tls_peer_subject tls_peer_subject_cn "
     "tls_peer_subject_country tls_peer_subject_locality tls_peer_subject_organization "
     "tls_peer_subject_serial tls_peer_subject_state tls_peer_subject_unit tls_peer_verified "
     "tls_peer_version tls_version"},
    {"tm",
     "T_branch_idx T_branch_last_reply_code T_fr_inv_timeout T_fr_timeout T_id T_reply_code T_ruri bavp "
     "tm.branch.attr tm.branch.duri tm.branch.flag tm.branch.flags tm.branch.last_received tm.branch.path "
     "tm.branch.q tm.branch.socket tm.branch.type tm.branch.uri"},
    {"topology_hiding", "TH_callee_callid TH_decoded_contact TH_decoded_routes TH_decoded_routes_count"},
    {"uuid", "uuid"},
    {"xml", "xml"},
});

bool has_name(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    if (base::take_until(names, ' ') == name) return true;
  }
  return false;
}

template <typename Table>
std::string_view module_of(const Table& table, std::string_view name) {
  const auto found = std::ranges::find_if(table, [name](const Names& row) { return has_name(row.names, name); });
  return found == table.end() ? std::string_view{} : found->module;
}

}  // namespace

std::string_view opensips_module_of(script::NameKind kind, std::string_view name) {
  switch (kind) {
    case script::NameKind::Function:
      return module_of(kFunctions, name);
    case script::NameKind::Variable:
      return module_of(kVariables, name);
    case script::NameKind::Transformation:
      // The one class whose module isn't here.
      return base::istarts_with(name, "isup.") ? "sip_i" : std::string_view{};
  }
  return {};
}

}  // namespace carillon::module
