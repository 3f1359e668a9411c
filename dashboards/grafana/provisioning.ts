import { stringify } from 'yaml';
import { alertRules, DATASOURCE_UID } from './alert-rule.ts';
import { composeDashboards } from './compose.ts';
import { FOLDER, type Json, PLUGIN, TAG } from './ids.ts';

/** What an installation decides of the files. */
export interface ProvisioningOptions {
  /** Address of the built-in page, without a slash at its end. */
  readonly pageUrl: string;
  /** Where Grafana finds the folder of the dashboards' JSON. */
  readonly dashboardsPath: string;
  readonly datasource: {
    readonly host: string;
    readonly port: number;
    readonly protocol: 'native' | 'http';
    readonly username: string;
    readonly database: string;
  };
  /** Whom Grafana's own alert rule writes to. */
  readonly contactEmail: string;
}

/** What docker-compose.yml and the manifests have. */
export const PROVISIONING_DEFAULTS: ProvisioningOptions = {
  pageUrl: 'http://127.0.0.1:7007',
  dashboardsPath: '/etc/grafana/provisioning/dashboards/plumbline',
  datasource: {
    host: 'clickhouse',
    port: 9000,
    protocol: 'native',
    username: 'grafana',
    database: 'plumbline',
  },
  contactEmail: 'alerts@localhost',
};

const CONTACT_POINT = 'plumbline';

/** Files for Grafana's provisioning folder, by path below it, in order of path. The same every time. */
export function provisioningFiles(options: ProvisioningOptions): ReadonlyMap<string, string> {
  const dashboards = composeDashboards(options).map((dashboard): [string, string] => [
    `dashboards/plumbline/${dashboard['uid']}.json`,
    `${JSON.stringify(dashboard, null, 2)}\n`,
  ]);
  const files: [string, string][] = [
    ['alerting/plumbline-contact-points.yaml', yaml(contactPoints(options), CONTACT_COMMENT)],
    ['alerting/plumbline-rules.yaml', yaml(alertRules({ contactPoint: CONTACT_POINT }), RULES_COMMENT)],
    ['dashboards/plumbline.yaml', yaml(provider(options), PROVIDER_COMMENT)],
    ...dashboards,
    ['datasources/plumbline.yaml', yaml(datasource(options), DATASOURCE_COMMENT)],
  ];
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const MADE = 'Made by `plumbline dashboards export`: change what it is made from, not this file.';
const DATASOURCE_COMMENT =
  'Grafana reads as a user of its own, who cannot write and sees no texts (deploy/clickhouse/users.d/plumbline.xml).';
const PROVIDER_COMMENT = 'Dashboards that a file holds cannot be saved in Grafana: copy one to change it.';
const RULES_COMMENT =
  'Open regressions as alerts of Grafana. The table is the truth: Plumbline itself tells whom its rules name.';
const CONTACT_COMMENT =
  'Whom the rule beside this tells. The address is a place-holder until `export --contact-email`.';

const yaml = (content: Json, comment: string): string =>
  `# ${MADE}\n# ${comment}\n${stringify(content, { lineWidth: 0 })}`;

function datasource({ datasource: { host, port, protocol, username, database } }: ProvisioningOptions): Json {
  return {
    apiVersion: 1,
    datasources: [
      {
        name: 'Plumbline',
        uid: DATASOURCE_UID,
        type: PLUGIN.id,
        access: 'proxy',
        isDefault: true,
        editable: false,
        jsonData: { host, port, protocol, username, defaultDatabase: database, secure: false },
        // Grafana reads it from its environment.
        secureJsonData: { password: '$CLICKHOUSE_GRAFANA_PASSWORD' },
      },
    ],
  };
}

function provider({ dashboardsPath }: ProvisioningOptions): Json {
  return {
    apiVersion: 1,
    providers: [
      {
        name: 'plumbline',
        orgId: 1,
        folder: FOLDER.title,
        folderUid: FOLDER.uid,
        type: 'file',
        disableDeletion: false,
        updateIntervalSeconds: 30,
        allowUiUpdates: false,
        options: { path: dashboardsPath, foldersFromFilesStructure: false },
      },
    ],
  };
}

function contactPoints({ contactEmail }: ProvisioningOptions): Json {
  return {
    apiVersion: 1,
    contactPoints: [
      {
        orgId: 1,
        name: CONTACT_POINT,
        receivers: [{ uid: `${TAG}-email`, type: 'email', settings: { addresses: contactEmail } }],
      },
    ],
  };
}
