import { plural } from '../../../core/format.ts';
import type { DeliveryLine, ReceiverLine } from '../api-views.ts';
import { formatAgo, formatInstant } from './instants.ts';
import { hrefOf } from './router.ts';
import { Scrolled } from './scrolled.tsx';

/** Receivers, and whether they take what they are sent. */
export function Receivers({ receivers, now }: { receivers: readonly ReceiverLine[]; now: Date }) {
  if (receivers.length === 0)
    return (
      <p class="empty">
        Nobody is told: there are no receivers. Name some under <code>receivers:</code> in a file of rules,
        and set <code>ALERTS_FILE</code> to it.
      </p>
    );
  return (
    <Scrolled label="Receivers">
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">Receiver</th>
            <th scope="col">State</th>
            <th scope="col" class="number">
              Sent
            </th>
            <th scope="col" class="number">
              Waiting
            </th>
            <th scope="col" class="number">
              Failed
            </th>
            <th scope="col">Last sent</th>
          </tr>
        </thead>
        <tbody>
          {receivers.map((receiver) => (
            <Receiver key={receiver.name} receiver={receiver} now={now} />
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}

function Receiver({ receiver, now }: { receiver: ReceiverLine; now: Date }) {
  const { name, type, sent, waiting, failed, lastSentAt, lastError } = receiver;
  const isTroubled = waiting > 0 || failed > 0;
  return (
    <tr>
      <th scope="row">
        {name} <span class="note">{type}</span>
      </th>
      <td class="wide">
        <span class={`status is-${isTroubled ? 'incident' : sent > 0 ? 'ok' : 'learning'}`}>
          {isTroubled ? 'deliveries do not arrive' : sent > 0 ? 'takes what it is sent' : 'nothing sent yet'}
        </span>
        {isTroubled && lastError !== '' && <span class="note">{lastError}</span>}
      </td>
      <td class="number">{sent}</td>
      <td class="number">{waiting}</td>
      <td class="number">{failed}</td>
      <td>{lastSentAt ? formatAgo(new Date(lastSentAt), now) : '–'}</td>
    </tr>
  );
}

const KINDS: Readonly<Record<string, string>> = {
  firing: 'that it opened',
  escalated: 'that it is more urgent',
  changed: 'what has changed',
  reminder: 'that it is still open',
  acknowledged: 'who has taken it on',
  resolved: 'that it closed',
};
const STATES: Readonly<Record<DeliveryLine['state'], string>> = {
  sent: 'sent',
  waiting: 'is tried again',
  failed: 'failed for good',
  skipped: 'not needed any more',
};

/** What was said to whom, the last first. */
export function Deliveries(props: {
  deliveries: readonly DeliveryLine[];
  now: Date;
  withIncident?: boolean;
}) {
  const { deliveries, now, withIncident = false } = props;
  return (
    <ul class="deliveries">
      {deliveries.map((delivery) => (
        <li key={`${delivery.incidentId} ${delivery.receiver} ${delivery.decidedAt} ${delivery.kind}`}>
          <span class={`status is-${STATE_CLASSES[delivery.state]}`}>
            {delivery.receiver}: {KINDS[delivery.kind] ?? delivery.kind}
          </span>
          <span class="muted">
            {STATES[delivery.state]}
            {delivery.sentAt
              ? `, ${formatInstant(new Date(delivery.sentAt), now)}`
              : `, decided ${formatInstant(new Date(delivery.decidedAt), now)}`}
            {delivery.state === 'waiting' && `, next ${formatInstant(new Date(delivery.nextAt), now)}`}
            {delivery.attempts > 1 && `, ${plural(delivery.attempts, 'attempt')}`}
          </span>
          {withIncident && <a href={hrefOf({ view: 'incident', id: delivery.incidentId })}>incident</a>}
          {delivery.error !== '' && delivery.state !== 'sent' && <span class="note">{delivery.error}</span>}
        </li>
      ))}
    </ul>
  );
}

const STATE_CLASSES: Readonly<Record<DeliveryLine['state'], string>> = {
  sent: 'ok',
  waiting: 'learning',
  failed: 'incident',
  skipped: 'learning',
};
