// SPDX-License-Identifier: Apache-2.0
// See script_tools.h.
#include "server/tools/script_tools.h"

#include <fmt/format.h>

#include <cstdio>

#include "server/options.h"

namespace carillon::server {

void ScriptTools::add_to(CLI::App& app) {
  add_fmt(app);
  add_test(app);
  add_explain(app);
  add_init(app);
}

void ScriptTools::add_fmt(CLI::App& app) {
  fmt_ = app.add_subcommand("fmt", "Format routing scripts; comments and includes stay");
  fmt_->add_option("file", fmt_options_.files, "Scripts; '-' is standard input")->required();
  CLI::Option* const write = fmt_->add_flag("-w,--write", fmt_options_.write, "Write the result back into the files");
  fmt_->add_flag("--check", fmt_options_.check, "List the files that would change, with status 1 if there are any")
      ->excludes(write);
  fmt_->add_option("--indent", fmt_options_.indent,
                   "'tab', or so many blanks (default: tabs where the file has them, else 2)");
}

void ScriptTools::add_test(CLI::App& app) {
  test_ = app.add_subcommand("test", "Play scenarios against a script, on a network and a clock of their own");
  test_->add_option("script", play_options_.script.file, "Routing script")->required();
  test_->add_option("scenario", play_options_.scenarios, "Scenarios, or folders with .scn files")->required();
  test_->add_option("-p,--preprocessor", play_options_.script.preprocessor,
                    "Shell command the script is piped through");
  test_->add_option("--filter", play_options_.filter, "Only files whose path has this in it, or matches, as '*auth*'");
  test_->add_flag("-v,--verbose", play_options_.verbose, "Print all that was on the wire and all that the script did");
  test_->footer("docs/testing-scripts.md tells how scenarios are written; examples/testing has some to copy.");
}

void ScriptTools::add_explain(CLI::App& app) {
  explain_ = app.add_subcommand("explain", "Run a request through a script, offline, and print what it does");
  ExplainOptions& options = explain_options_;
  explain_->add_option("-f,--file", options.script.file, "Routing script")->required();
  explain_->add_option("-p,--preprocessor", options.script.preprocessor, "Shell command the script is piped through");
  explain_->add_option("request", options.requests, "Files with a request each; '-' is standard input")->required();
  explain_->add_option("--source", options.source, "Where it comes from, as 192.0.2.7:5060 (default: its top Via)");
  explain_->add_option("--transport", options.transport, "udp or tcp (default: udp)")
      ->check(CLI::IsMember({"udp", "tcp"}));
  explain_->add_option("--socket", options.socket,
                       "The socket it comes to, as udp:192.0.2.1:5060 (default: the first)");
  explain_->add_option("--time", options.time,
                       "Let time pass after it, as 40s: nobody answers (default: until no function waits)");
  explain_->add_flag("--databases", options.databases,
                     "Read the databases of the script; nothing is written into them (default: empty ones)");
  explain_->add_flag("--json", options.json, "Print JSON");
}

void ScriptTools::add_init(CLI::App& app) {
  init_ = app.add_subcommand("init", "Write a routing script to begin with");
  init_->add_flag("--list", list_templates_, "List the templates and their options");
  init_->require_subcommand(0, 1);
  for (const ScriptTemplate& one : script_templates()) add_template(one);
}

void ScriptTools::add_template(const ScriptTemplate& one) {
  CLI::App& command = *init_->add_subcommand(std::string(one.name), std::string(one.help));
  InitOptions& options = init_options_;
  command.parse_complete_callback([&options, name = std::string(one.name)] { options.name = name; });
  for (const ScriptSwitch& option : script_switches()) {
    if ((option.templates & one.mask) == 0) continue;
    std::string flags = fmt::format("--{}", option.flag);
    if (option.flag == "use-dr-module") flags += ",--use-dr-pstn";
    command.add_flag_callback(
        flags, [&options, name = std::string(option.name)] { options.switches.insert(name); },
        fmt::format("{} ({})", option.help, option.m4));
  }
  command.add_option("-o,--output", options.output, "Write it into this file, which must not be there yet");
  command.add_flag("--force", options.force, "Write over the file that is there");
  command.add_option("--listen-ip", options.listen_ip, "Where the server listens (default: 127.0.0.1)");
  command.add_option("--domain", options.domains, "A domain that is ours; repeatable");
  command.add_option("--db-url", options.db_url, "The database (default: that of `carillon db` and `carillon user`)");
  command.add_flag("--list", list_templates_, "List the templates and their options");
  if (one.mask != kResidential) return;
  command.add_option("--voicemail-uri", options.voicemail_uri, "The mailbox, for --vm-diversion");
  command.add_option("--pstn", options.pstn, "The PSTN gateway, as 192.0.2.9:5060");
  command.add_option("--rtpproxy-socket", options.rtpproxy_socket, "The rtpproxy, for --use-nat");
  command.add_option("--natping-from", options.natping_from, "From of the pings, for --use-nat");
}

std::optional<int> ScriptTools::run() const {
  if (init_->parsed()) {
    if (list_templates_) return list_templates();
    if (!init_options_.name.empty()) return init_script(init_options_);
    fmt::print(stderr, "carillon: which template? residential, trunking or load-balancer (see carillon init --list)\n");
    return kBadStart;
  }
  if (test_->parsed()) return play_scenarios(play_options_);
  if (explain_->parsed()) return explain_requests(explain_options_);
  if (fmt_->parsed()) return format_scripts(fmt_options_);
  return std::nullopt;
}

}  // namespace carillon::server
