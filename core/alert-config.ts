import { z } from 'zod';
import { Duration } from './config-values.ts';
import { Secret } from './secret.ts';

/** An address that paths are put behind: without the slash at its end. */
const BaseUrl = z
  .url({ protocol: /^https?$/, error: 'expected an address, such as https://plumbline.example.com' })
  .transform((url) => url.replace(/\/+$/, ''));

/** Settings of alerting. */
export const ALERT_SETTINGS = {
  /** Rules and receivers (YAML); the rules shipped otherwise, which tell nobody: incidents are then on the page only. */
  ALERTS_FILE: z.string().optional(),
  /** How often the file is read again: what an editor waits for without wondering. */
  ALERTS_REFRESH: Duration.refine((ms) => ms >= 100, 'expected at least 100ms').default(5_000),
  /** Where people reach the page: links in messages to an incident and to a runbook begin with it. Without, messages have none to the page. */
  PUBLIC_URL: BaseUrl.optional(),
  /** Where people reach Grafana: links to its dashboards begin with it, and `plumbline dashboards push` publishes there. */
  GRAFANA_URL: BaseUrl.optional(),
  /** Token of a service account there that may write dashboards; only `plumbline dashboards push` and `diff` use it. */
  GRAFANA_TOKEN: z
    .string()
    .min(1)
    .transform((value) => new Secret(value))
    .optional(),
} as const;
