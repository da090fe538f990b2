// SPDX-License-Identifier: Apache-2.0
// Starts `carillon lsp` when the first script is opened, and stops it with the editor.
'use strict';

const vscode = require('vscode');
const { LanguageClient, TransportKind } = require('vscode-languageclient/node');

let client;

function start() {
  const command = vscode.workspace.getConfiguration('carillon').get('path') || 'carillon';
  const server = { command, args: ['lsp'], transport: TransportKind.stdio };
  client = new LanguageClient('carillon', 'Carillon', server, {
    documentSelector: [{ language: 'opensips' }],
    // Files that scripts include may change while they are not open.
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher('**/*.cfg') },
  });
  return client.start().catch((error) => {
    vscode.window.showErrorMessage(`carillon lsp: ${error.message} (see the setting carillon.path)`);
  });
}

async function stop() {
  const running = client;
  client = undefined;
  if (running && running.needsStop()) await running.stop();
}

function activate(context) {
  context.subscriptions.push(vscode.workspace.onDidChangeConfiguration(async (event) => {
    if (!event.affectsConfiguration('carillon.path')) return;
    await stop();
    await start();
  }));
  return start();
}

module.exports = { activate, deactivate: stop };
