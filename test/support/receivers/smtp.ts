import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import type { Fault } from './stand-in.ts';

export const SMTP_USER = 'plumbline@example.com';
export const SMTP_PASSWORD = 'secret:of the mail';

export interface ReceivedMail {
  readonly to: readonly string[];
  /** Names in lower case; decoded. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly html: string;
  readonly raw: string;
}

export interface SmtpStandIn {
  readonly url: string;
  readonly faults: Fault[];
  readonly mails: ReceivedMail[];
  readonly access: { password: string };
  /** Connections that were made. */
  readonly connections: () => number;
  readonly stop: () => Promise<void>;
}

type SmtpFailure = Error & { responseCode: number };
const failure = (message: string, responseCode: number): SmtpFailure =>
  Object.assign(new Error(message), { responseCode });

/** A mail server (smtp-server) behind a door of its own, where connections go wrong when told to. */
export async function startSmtp(): Promise<SmtpStandIn> {
  const faults: Fault[] = [];
  const mails: ReceivedMail[] = [];
  const access = { password: SMTP_PASSWORD };
  const state = { fault: undefined as Fault | undefined, connections: 0 };
  const open = new Set<Socket>();
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth({ username, password = '' }, _, done) {
      const isKnown = username === SMTP_USER && password === access.password;
      // Some servers say back what they were given.
      done(isKnown ? null : failure(`Authentication failed for ${username} with ${password}`, 535), {
        user: username,
      });
    },
    onMailFrom(_, __, done) {
      if (state.fault === 'busy') return done(failure('Too many messages, come back later', 451));
      done(state.fault === 'down' ? failure('Service not available', 421) : null);
    },
    onRcptTo({ address }, _, done) {
      done(address.endsWith('@nowhere.example') ? failure(`No such user ${address}`, 550) : null);
    },
    onData(stream, session, done) {
      buffer(stream).then((raw) => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, ...parsed(raw.toString('utf8')), raw: raw.toString('utf8') });
        if (state.fault !== 'lost_answer') return done();
        for (const socket of open) socket.destroy();
      }, done);
    },
  });
  server.on('error', () => {});
  const inner = await listening(server.server);
  const door = createServer((socket) => {
    state.connections++;
    state.fault = faults.shift();
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => {});
    if (state.fault === 'hang') return;
    if (state.fault === 'reset') return void socket.destroy();
    if (state.fault === 'garbage') return void socket.end('SSH-2.0-OpenSSH_9.2\r\n');
    const through = connect(inner, '127.0.0.1');
    through.on('error', () => socket.destroy());
    through.on('close', () => socket.destroy());
    socket.on('close', () => through.destroy());
    socket.pipe(through).pipe(socket);
  });
  const port = await listening(door);
  const login = `${encodeURIComponent(SMTP_USER)}:${encodeURIComponent(SMTP_PASSWORD)}`;
  return {
    url: `smtp://${login}@127.0.0.1:${port}`,
    faults,
    mails,
    access,
    connections: () => state.connections,
    async stop() {
      for (const socket of open) socket.destroy();
      door.close();
      await new Promise<void>((resolve) => server.close(resolve));
    },
  };
}

async function listening(server: {
  listen: (port: number, host: string) => unknown;
  address: () => unknown;
}): Promise<number> {
  const started = once(server as never, 'listening');
  server.listen(0, '127.0.0.1');
  await started;
  return (server.address() as AddressInfo).port;
}

function parsed(raw: string): Pick<ReceivedMail, 'headers' | 'text' | 'html'> {
  const { headers, body } = splitPart(raw);
  const boundary = /boundary="?([^";]+)"?/.exec(headers.get('content-type') ?? '')?.[1] ?? '';
  const parts = body.split(`--${boundary}`).map((part) => splitPart(part.replace(/^\r?\n/, '')));
  const contentOf = (type: string): string => {
    const part = parts.find((one) => one.headers.get('content-type')?.startsWith(type));
    return part ? decoded(part.body, part.headers.get('content-transfer-encoding') ?? '') : '';
  };
  return { headers, text: contentOf('text/plain'), html: contentOf('text/html') };
}

function splitPart(raw: string): { headers: Map<string, string>; body: string } {
  const [head = '', ...rest] = raw.split(/\r?\n\r?\n/);
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const headers = lines.map((line) => {
    const [name = '', ...value] = line.split(':');
    return [name.toLowerCase(), decodedWords(value.join(':').trim())] as const;
  });
  return { headers: new Map(headers), body: rest.join('\r\n\r\n') };
}

/** RFC 2047. */
function decodedWords(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?(q|b)\?(.*?)\?=/gi, (_, kind: string, text: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(text, 'base64').toString('utf8')
        : decoded(text.replace(/_/g, ' '), 'quoted-printable'),
    );
}

function decoded(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return body;
  const bytes = body
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
