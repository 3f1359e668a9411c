import { slackFaults } from './slack-limits.ts';
import { type Answer, jsonBody, type Received, type StandIn, startStandIn } from './stand-in.ts';

export const SLACK_TOKEN = 'xoxb-000000000000-secret-of-the-bot';
const HOOK_PATH = '/services/T000/B000/secret-of-the-webhook';

interface Metadata {
  readonly event_type: string;
  readonly event_payload: { readonly incident_id: string; readonly notification_id: string };
}

/** A message as the channel shows it. */
export interface PostedMessage {
  readonly ts: string;
  text: string;
  blocks: unknown[];
  metadata: Metadata | undefined;
  edits: number;
  /** Of the message that it answers; undefined in the channel itself. */
  readonly thread: string | undefined;
  readonly isBroadcast: boolean;
  readonly png?: Buffer;
}

export interface SlackStandIn extends StandIn {
  readonly hookUrl: string;
  readonly channel: string;
  /** What the channel shows, threads included, oldest first. */
  readonly messages: PostedMessage[];
  readonly scopes: Set<string>;
  /** What every call of a method answers from now on: `not_in_channel`. */
  readonly refusals: Map<string, string>;
  readonly methods: () => string[];
}

type Args = Record<string, unknown>;
type Reply = { ok: boolean } & Args;

/** Slack's Web API and incoming webhooks, as far as documented, with one channel. Holds documented limits and shapes. */
export async function startSlack(): Promise<SlackStandIn> {
  const channel = 'C0123ALERTS';
  const state: SlackState = {
    channel,
    messages: [],
    scopes: new Set(['chat:write', 'channels:history', 'files:write']),
    refusals: new Map(),
    files: new Map(),
    url: '',
  };
  const standIn = await startStandIn((request) => answer(state, request));
  state.url = standIn.url;
  const methods = () => standIn.received.map(({ url }) => url.pathname.replace('/api/', ''));
  const { messages, scopes, refusals } = state;
  return { ...standIn, hookUrl: `${standIn.url}${HOOK_PATH}`, channel, messages, scopes, refusals, methods };
}

interface SlackState {
  readonly channel: string;
  readonly messages: PostedMessage[];
  readonly scopes: Set<string>;
  readonly refusals: Map<string, string>;
  readonly files: Map<string, { readonly length: number; bytes: Buffer | null }>;
  url: string;
}

function answer(state: SlackState, request: Received): Answer {
  const { pathname } = request.url;
  if (pathname.startsWith('/services/')) return hook(state, request);
  if (pathname.startsWith('/upload/')) return upload(state, request);
  const method = pathname.replace(/^\/api\//, '');
  const call = METHODS[method];
  if (!call) return { status: 200, body: no('unknown_method') };
  if (request.headers.authorization !== `Bearer ${SLACK_TOKEN}`)
    return { status: 200, body: no('invalid_auth') };
  const refused = state.refusals.get(method);
  if (refused) return { status: 200, body: no(refused) };
  if (!state.scopes.has(call.scope)) {
    return {
      status: 200,
      body: { ...no('missing_scope'), needed: call.scope, provided: [...state.scopes].join() },
    };
  }
  const args = call.isForm ? formArgs(request) : jsonArgs(request);
  return { status: 200, body: args === null ? no('invalid_arguments') : call.run(state, args) };
}

const METHODS: Readonly<
  Record<string, { scope: string; isForm: boolean; run: (state: SlackState, args: Args) => Reply }>
> = {
  'chat.postMessage': { scope: 'chat:write', isForm: false, run: postMessage },
  'chat.update': { scope: 'chat:write', isForm: false, run: update },
  'conversations.history': { scope: 'channels:history', isForm: true, run: history },
  'conversations.replies': { scope: 'channels:history', isForm: true, run: replies },
  'files.getUploadURLExternal': { scope: 'files:write', isForm: true, run: getUploadUrl },
  'files.completeUploadExternal': { scope: 'files:write', isForm: false, run: completeUpload },
};

const no = (error: string): Reply => ({ ok: false, error });

function postMessage(state: SlackState, args: Args): Reply {
  const { channel, text, blocks, metadata, thread_ts: thread } = args;
  if (channel !== state.channel) return no('channel_not_found');
  const refused = refusalOf(args);
  if (refused) return refused;
  if (thread !== undefined && !state.messages.some(({ ts }) => ts === thread)) return no('thread_not_found');
  const message: PostedMessage = {
    ts: nextTs(state),
    text: String(text),
    blocks: (blocks as unknown[]) ?? [],
    metadata: metadata as Metadata | undefined,
    edits: 0,
    thread: thread as string | undefined,
    isBroadcast: args['reply_broadcast'] === true,
  };
  state.messages.push(message);
  return { ok: true, channel, ts: message.ts, message: { text, ts: message.ts } };
}

function update(state: SlackState, args: Args): Reply {
  const { channel, ts, text, blocks, metadata } = args;
  if (channel !== state.channel) return no('channel_not_found');
  const message = state.messages.find((one) => one.ts === ts);
  if (!message) return no('message_not_found');
  const refused = refusalOf(args);
  if (refused) return refused;
  message.text = String(text);
  // As documented: a text without blocks takes the blocks away.
  message.blocks = (blocks as unknown[]) ?? [];
  message.metadata = (metadata as Metadata | undefined) ?? message.metadata;
  message.edits++;
  return { ok: true, channel, ts, text };
}

function history(state: SlackState, args: Args): Reply {
  if (args['channel'] !== state.channel) return no('channel_not_found');
  const shown = state.messages.filter(({ thread, isBroadcast }) => thread === undefined || isBroadcast);
  return { ok: true, messages: shown.map((one) => listed(one, args)).reverse(), has_more: false };
}

function replies(state: SlackState, args: Args): Reply {
  if (args['channel'] !== state.channel) return no('channel_not_found');
  const shown = state.messages.filter(({ ts, thread }) => ts === args['ts'] || thread === args['ts']);
  if (shown.length === 0) return no('thread_not_found');
  return { ok: true, messages: shown.map((one) => listed(one, args)), has_more: false };
}

function listed({ ts, text, metadata }: PostedMessage, args: Args): object {
  return { type: 'message', ts, text, ...(args['include_all_metadata'] === 'true' ? { metadata } : {}) };
}

function getUploadUrl(state: SlackState, { length, filename, alt_txt }: Args): Reply {
  if (!filename || !/^\d+$/.test(String(length))) return no('invalid_arguments');
  if (String(alt_txt ?? '').length > 1_000) return no('alt_txt_too_large');
  const id = `F${state.files.size + 1}`;
  state.files.set(id, { length: Number(length), bytes: null });
  return { ok: true, upload_url: `${state.url}/upload/${id}`, file_id: id };
}

function upload(state: SlackState, { url, body }: Received): Answer {
  const file = state.files.get(url.pathname.slice('/upload/'.length));
  if (!file || file.length !== body.length) return { status: 400, body: 'wrong length' };
  file.bytes = body;
  return { status: 200, body: `OK - ${body.length}` };
}

function completeUpload(state: SlackState, args: Args): Reply {
  const [first] = args['files'] as { id: string; title: string }[];
  const bytes = state.files.get(first?.id ?? '')?.bytes;
  if (!bytes) return no('file_not_found');
  if (args['channel_id'] !== state.channel) return no('channel_not_found');
  state.messages.push({
    ts: nextTs(state),
    text: first?.title ?? '',
    blocks: [],
    metadata: undefined,
    edits: 0,
    thread: args['thread_ts'] as string,
    isBroadcast: false,
    png: bytes,
  });
  return { ok: true, files: [{ id: first?.id, title: first?.title }] };
}

function hook(state: SlackState, request: Received): Answer {
  const refused = state.refusals.get('hook');
  if (refused) return { status: refused === 'action_prohibited' ? 403 : 404, body: refused };
  if (request.url.pathname !== HOOK_PATH) return { status: 404, body: 'no_service' };
  const args = jsonBody(request);
  if (!args || slackFaults(args).length > 0) return { status: 400, body: 'invalid_payload' };
  const { text, blocks } = args as { text: string; blocks: unknown[] };
  state.messages.push({
    ts: nextTs(state),
    text,
    blocks,
    metadata: undefined,
    edits: 0,
    thread: undefined,
    isBroadcast: false,
  });
  return { status: 200, body: 'ok' };
}

/** What is wrong with a message, answered as Slack does. */
function refusalOf(args: Args): Reply | null {
  const faults = slackFaults(args);
  const [first] = faults;
  if (first === undefined) {
    const { event_type: type, event_payload: payload } = (args['metadata'] ?? {}) as Args;
    const isWhole =
      args['metadata'] === undefined || (typeof type === 'string' && typeof payload === 'object');
    return isWhole ? null : no('invalid_metadata_format');
  }
  if (['no_text', 'msg_too_long', 'msg_blocks_too_long'].includes(first)) return no(first);
  return {
    ...no('invalid_blocks'),
    response_metadata: { messages: faults.map((fault) => `[ERROR] ${fault}`) },
  };
}

const nextTs = ({ messages }: SlackState): string =>
  `1767225600.${String(messages.length + 1).padStart(6, '0')}`;

function jsonArgs(request: Received): Args | null {
  return /^application\/json; charset=utf-8$/.test(request.headers['content-type'] ?? '')
    ? jsonBody(request)
    : null;
}

function formArgs(request: Received): Args | null {
  if (request.headers['content-type'] !== 'application/x-www-form-urlencoded') return null;
  return Object.fromEntries(new URLSearchParams(request.body.toString()));
}
