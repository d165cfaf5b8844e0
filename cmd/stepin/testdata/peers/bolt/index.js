// A pause in the least that Bolt needs, and in memory. BenchmarkPeers measures stepin against it.
// VIEWS is a folder with the windows: call.json and closing.json.
const fs = require('node:fs');
const path = require('node:path');
const { App, LogLevel } = require('@slack/bolt');

const env = process.env;
const view = (name) => JSON.parse(fs.readFileSync(path.join(env.VIEWS, `${name}.json`), 'utf8'));
const call = view('call');
const closing = view('closing');
const calls = new Map(); // what each person typed

const app = new App({
  token: env.SLACK_BOT_TOKEN,
  appToken: env.SLACK_APP_TOKEN,
  socketMode: true,
  logLevel: LogLevel.WARN,
  clientOptions: { slackApiUrl: env.SLACK_API_URL },
});

app.command('/stepin', async ({ ack, command, client }) => {
  calls.set(command.user_id, command.text);
  await ack();
  await client.views.open({ trigger_id: command.trigger_id, view: call });
});

app.action(/.*/, async ({ ack, body, client }) => {
  await ack();
  await client.views.update({ view_id: body.view.id, view: closing });
});

app.view(/.*/, async ({ ack, body, client }) => {
  await ack();
  await client.chat.postMessage({ channel: body.user.id, text: `Saved: ${calls.get(body.user.id)}` });
});

app.start();
