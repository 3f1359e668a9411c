import { expect, it } from 'vitest';
import { notification } from '../../test/support/receivers/notification.ts';
import { linksOf } from './notification-of.ts';

const { incident } = notification();
const PAGE = 'https://plumbline.example.com/watch';

it.each([
  ['one of docs/runbooks, on the page', 'prompt-drift', PAGE, `${PAGE}/#/runbooks/prompt-drift`],
  ['an address as it is', 'https://wiki.example.com/a#b', PAGE, 'https://wiki.example.com/a#b'],
  ['an address without a page, too', 'http://wiki/a', null, 'http://wiki/a'],
  ['nothing where no page is reached', 'prompt-drift', null, null],
  ['nothing where the rule has none', '', PAGE, null],
])('links to the runbook: %s', (_, runbook, publicUrl, link) => {
  expect(linksOf(incident, runbook, { publicUrl, grafanaUrl: null }).runbook).toBe(link);
});
