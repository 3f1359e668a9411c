import { DeliveryError } from '../../core/notification.ts';
import type { Secret } from '../../core/secret.ts';
import { createCaller, expectSuccess, jsonObject, type ReceiverOptions, retryAfterMs } from './http.ts';

/** Slack said no: HTTP 200 and `{"ok": false}`. */
export class SlackRefusal extends DeliveryError {
  readonly code: string;

  constructor(code: string, message: string, isPermanent: boolean) {
    super(message, { isPermanent });
    this.code = code;
  }
}

/** Calls methods of Slack's Web API. */
export interface SlackApi {
  /** @throws DeliveryError, or SlackRefusal with Slack's own code */
  readonly call: (method: string, body: object, signal: AbortSignal) => Promise<Record<string, unknown>>;
  /** Sends a file's bytes to the address that Slack gave for it. */
  readonly upload: (url: string, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal) => Promise<void>;
}

export function createSlackApi(
  { token, url }: { readonly token: Secret; readonly url: string },
  options: ReceiverOptions,
): SlackApi {
  const caller = createCaller({ who: 'Slack', secrets: [token] }, options);
  return {
    async call(method, body, signal) {
      const answer = await caller.call({
        url: `${url.replace(/\/+$/, '')}/${method}`,
        method: 'POST',
        headers: { authorization: `Bearer ${token.reveal()}`, 'content-type': contentType(method) },
        body: FORM_METHODS.test(method) ? formOf(body) : JSON.stringify(body),
        signal,
      });
      expectSuccess(caller, answer);
      const said = jsonObject(caller, answer);
      if (said['ok'] === true) return said;
      if (said['error'] === 'ratelimited' || said['error'] === 'rate_limited') {
        const waitMs = retryAfterMs(answer);
        throw new DeliveryError('Slack is called too often', { isPermanent: false, retryAfterMs: waitMs });
      }
      throw refusal(method, said);
    },
    async upload(target, bytes, signal) {
      expectSuccess(caller, await caller.call({ url: target, method: 'POST', body: bytes, signal }));
    },
  };
}

/** Methods that take a form and not JSON. */
const FORM_METHODS = /^(conversations\.|files\.getUploadURLExternal$)/;

function contentType(method: string): string {
  return FORM_METHODS.test(method) ? 'application/x-www-form-urlencoded' : 'application/json; charset=utf-8';
}

function formOf(body: object): string {
  return new URLSearchParams(Object.entries(body).map(([key, value]) => [key, String(value)])).toString();
}

/** Slack's own trouble. Every other refusal is one that repeats itself until somebody mends something. */
const TEMPORARY: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
  'accesslimited',
]);

const NEW_TOKEN = 'install the app again and put its bot token (xoxb-…) into `token`';
const MENDS: Readonly<Record<string, string>> = {
  not_in_channel:
    'invite the bot: type /invite @plumbline in the channel, or give it the scope chat:write.public',
  channel_not_found: 'check `channel` (its id, C…); into a private channel the bot must be invited first',
  is_archived: 'the channel is archived; unarchive it or name another one in `channel`',
  invalid_auth: NEW_TOKEN,
  not_authed: NEW_TOKEN,
  token_revoked: NEW_TOKEN,
  token_expired: NEW_TOKEN,
  account_inactive: `the bot or its workspace was switched off; ${NEW_TOKEN}`,
  org_login_required: 'the workspace is being moved into an organisation; install the app again afterwards',
  ekm_access_denied: 'an administrator of the workspace has suspended the app; ask them',
  restricted_action:
    'the workspace does not let the bot post there; ask its administrator, or name another channel',
  restricted_action_read_only_channel: 'the channel is read-only; name another one in `channel`',
  posting_to_general_channel_denied:
    'the bot may not post to the general channel; name another one in `channel`',
  team_access_not_granted: 'the organisation has not given the app this workspace; ask its administrator',
};

function refusal(method: string, said: Record<string, unknown>): SlackRefusal {
  const code = typeof said['error'] === 'string' ? said['error'].slice(0, 80) : 'without a reason';
  const needed = typeof said['needed'] === 'string' ? said['needed'].slice(0, 80) : '';
  const mend =
    code === 'missing_scope'
      ? `give the app the scope ${needed || 'that it asks for'} and install it again`
      : MENDS[code];
  const message = `Slack refused ${method}: ${code}${mend ? `: ${mend}` : ''}`;
  return new SlackRefusal(code, message, !TEMPORARY.has(code));
}
