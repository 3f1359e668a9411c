import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeliveryError, type Notification, type ReceiverHandle } from '../../core/notification.ts';
import { INCIDENT, notification, resolved } from '../../test/support/receivers/notification.ts';
import { BUSY_SECONDS, type Fault } from '../../test/support/receivers/stand-in.ts';
import { SUBJECTS, type Subject } from '../../test/support/receivers/subjects.ts';
import type { ReceiverSettings } from './settings.ts';

// What every receiver keeps to, against a server that speaks its protocol and holds its limits.

const LONG_MS = 5_000;

/** What the owner is told to do when credentials or rights are wrong. */
const MENDS: Readonly<Record<ReceiverSettings['type'], RegExp>> = {
  slack: /invite/,
  slack_webhook: /make a new incoming webhook/,
  grafana: /role Editor/,
  webhook: /`secret`/,
  pagerduty: /`routing_key`/,
  alertmanager: /`token`/,
  email: /`smtp`/,
};

/** They have nothing to answer by which a page of somebody else could be told from theirs. */
const TAKE_ANY_ANSWER: ReadonlySet<string> = new Set(['webhook', 'alertmanager']);

describe.each(Object.entries(SUBJECTS))('%s', (type, start) => {
  let subject: Subject;

  beforeEach(async () => {
    subject = await start();
  });
  afterEach(() => subject.stop());

  const deliver = (told: Notification, handle: ReceiverHandle | null = null, ms = LONG_MS) =>
    subject.receiver.deliver(told, handle, AbortSignal.timeout(ms));
  const seen = () => subject.see(INCIDENT.id);

  async function failure(told: Notification, ms = LONG_MS): Promise<DeliveryError> {
    const error = await deliver(told, null, ms).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(DeliveryError);
    const shown = inspect(error, { depth: 10, showHidden: true });
    for (const secret of subject.secrets) expect(shown).not.toContain(secret);
    return error as DeliveryError;
  }

  it('shows an incident that opens, and that it is over', async () => {
    const handle = await deliver(notification());
    expect(seen()).toMatchObject({ state: 'firing', severity: 'critical' });
    await deliver(resolved(2), handle);
    expect(seen().state).toBe('resolved');
  });

  it('shows that an incident has become more urgent', async () => {
    const handle = await deliver(notification({ incident: { severity: 'warning' } }));
    expect(seen()).toMatchObject({ state: 'firing', severity: 'warning' });
    await deliver(notification({ kind: 'escalated', sequence: 2 }), handle);
    expect(seen()).toMatchObject({ state: 'firing', severity: 'critical' });
  });

  it('shows an escalation and its end where the first message was never told', async () => {
    await deliver(notification({ kind: 'escalated', sequence: 2 }));
    expect(seen()).toMatchObject({ state: 'firing', severity: 'critical' });
  });

  it('takes every kind that it asks for, with what the last one gave', async () => {
    let handle: ReceiverHandle | null = null;
    let sequence = 0;
    const acknowledged = { by: 'Ann', at: new Date('2026-11-22T14:40:00Z'), comment: 'looking at v12' };
    for (const kind of ['firing', 'changed', 'reminder', 'acknowledged', 'escalated'] as const) {
      if (!subject.receiver.kinds.has(kind)) continue;
      sequence++;
      const incident = kind === 'acknowledged' ? { acknowledged } : {};
      handle = await deliver(notification({ kind, sequence, incident }), handle);
      expect(seen().state, kind).toBe('firing');
    }
    for (const value of Object.values(handle ?? {})) expect(typeof value).toBe('string');
    await deliver(resolved(sequence + 1), handle);
    expect(seen().state).toBe('resolved');
  });

  it('says an incident that closed meanwhile is over, even if its opening is what is told', async () => {
    await deliver({ ...resolved(1), kind: 'firing' });
    expect(seen().state).not.toBe('firing');
  });

  it('makes a repeated notification one that can be recognised', async () => {
    await deliver(notification());
    await deliver(notification());
    expect(new Set(seen().keys).size).toBe(1);
  });

  it('is told the same twice after an answer that was lost', async () => {
    subject.faults.push('lost_answer');
    const error = await failure(notification());
    expect(error.isPermanent).toBe(false);
    await deliver(notification());
    const { state, keys } = seen();
    expect(state).toBe('firing');
    expect(new Set(keys).size).toBe(1);
  });

  it.each<Fault>(['down', 'garbage', 'reset'])(
    'counts "%s" as temporary, and goes on after it',
    async (fault) => {
      subject.faults.push(fault);
      if (fault === 'garbage' && TAKE_ANY_ANSWER.has(type)) {
        await deliver(notification());
        return;
      }
      const error = await failure(notification());
      expect(error.isPermanent, error.message).toBe(false);
      await deliver(notification());
      expect(seen().state).toBe('firing');
    },
  );

  it('waits for as long as it is asked to', async () => {
    subject.faults.push('busy');
    const error = await failure(notification());
    expect(error.isPermanent).toBe(false);
    // SMTP has no word for how long.
    expect(error.retryAfterMs).toBe(type === 'email' ? null : BUSY_SECONDS * 1000);
  });

  it('gives up on what does not answer when its signal says so', async () => {
    subject.faults.push('hang');
    const startMs = performance.now();
    const error = await failure(notification(), 200);
    expect(error.isPermanent).toBe(false);
    expect(error.message).toMatch(/in time/);
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  it('says what to mend when it is locked out, and counts that as permanent', async () => {
    subject.lockOut();
    const error = await failure(notification());
    expect(error.isPermanent).toBe(true);
    expect(error.message).toMatch(MENDS[type as ReceiverSettings['type']]);
    expect(seen().state).toBe('none');
  });
});
