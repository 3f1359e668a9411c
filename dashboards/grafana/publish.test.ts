import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GrafanaStandIn, startGrafana } from '../../test/support/grafana-server.ts';
import { composeDashboards } from './compose.ts';
import { planPush, push } from './publish.ts';
import { type GrafanaServer, grafanaServer } from './server.ts';

const BY = { by: 'plumbline 0.1.0', force: false };
const dashboards = composeDashboards({ pageUrl: 'http://page' });
const [first] = dashboards;
const uid = 'plumbline-overview';

let grafana: GrafanaStandIn;
let server: GrafanaServer;
beforeEach(async () => {
  grafana = await startGrafana();
  server = grafanaServer({ url: grafana.url, token: grafana.tokens.editor });
});
afterEach(() => grafana.stop());

const states = async (): Promise<string[]> => (await planPush(server, dashboards)).map(({ state }) => state);

describe('push', () => {
  it('makes the folder and every dashboard in it, and says who and what', async () => {
    await push(server, dashboards, BY);
    expect(dashboards.map((one) => grafana.stored(String(one['uid']))?.folderUid)).toEqual(
      dashboards.map(() => 'plumbline'),
    );
    expect(grafana.saves[0]?.['message']).toMatch(/^plumbline 0\.1\.0 [0-9a-f]{16}$/);
  });

  it.each(['array', 'object'] as const)('saves nothing the second time (versions as %s)', async (form) => {
    grafana.versionsAs(form);
    await push(server, dashboards, BY);
    const saved = grafana.saves.length;
    expect(await states()).toEqual(dashboards.map(() => 'same'));
    await push(server, dashboards, BY);
    expect(grafana.saves).toHaveLength(saved);
  });

  it('saves only what changed on our side', async () => {
    await push(server, dashboards, BY);
    const changed = composeDashboards({ pageUrl: 'http://page' }).map((one) =>
      one['uid'] === uid ? { ...one, title: 'Another title' } : one,
    );
    const done = await push(server, changed, BY);
    expect(done.map(({ state }) => state)).toEqual(['outdated', ...dashboards.slice(1).map(() => 'same')]);
    expect(done[0]?.places).toEqual(['title']);
    expect(grafana.saves).toHaveLength(dashboards.length + 1);
    expect(grafana.stored(uid)?.dashboard).toMatchObject({ title: 'Another title' });
  });

  it('does not replace what somebody else saved, changes nothing, and says who', async () => {
    await push(server, dashboards, BY);
    grafana.edit(uid, (dashboard) => {
      dashboard['title'] = 'Mine';
    });
    const saved = grafana.saves.length;
    const attempt = push(server, [...dashboards].reverse(), BY);
    await expect(attempt).rejects.toThrow(/somebody else saved plumbline-overview \(ann at .*--force/);
    expect(grafana.saves).toHaveLength(saved);
    expect(grafana.stored(uid)?.dashboard).toMatchObject({ title: 'Mine' });
  });

  it('replaces it when forced', async () => {
    await push(server, dashboards, BY);
    grafana.edit(uid, (dashboard) => {
      dashboard['title'] = 'Mine';
    });
    await push(server, dashboards, { ...BY, force: true });
    expect(grafana.stored(uid)?.dashboard).toMatchObject({ title: first?.['title'] });
    expect(await states()).toEqual(dashboards.map(() => 'same'));
  });

  it('leaves alone what somebody else saved if it is what we would write', async () => {
    await push(server, dashboards, BY);
    grafana.edit(uid, (dashboard) => {
      // What a newer Grafana adds when it saves.
      dashboard['preload'] = false;
    });
    expect(await states()).toEqual(dashboards.map(() => 'same'));
  });

  it('does not lose what is saved between the look and the save', async () => {
    await push(server, dashboards, BY);
    const changed = [{ ...first, title: 'Another title' }];
    grafana.beforeSave(() =>
      grafana.edit(uid, (dashboard) => {
        dashboard['title'] = 'Mine';
      }),
    );
    await expect(push(server, changed, BY)).rejects.toThrow(/changed by someone else.*--force/);
    expect(grafana.stored(uid)?.dashboard).toMatchObject({ title: 'Mine' });
  });

  it('says that a file holds it, before anything is saved', async () => {
    grafana.provision({ ...first, title: 'Of a file' });
    await expect(push(server, dashboards, { ...BY, force: true })).rejects.toThrow(/a file on the server/);
    expect(grafana.saves).toEqual([]);
  });

  it('says that another dashboard has the title', async () => {
    await push(server, [{ ...first, uid: 'other' }], BY);
    await expect(push(server, dashboards, BY)).rejects.toThrow(/same name.*rename that one/);
  });
});

describe('a server that refuses', () => {
  it('says what to do about the token', async () => {
    const wrong = grafanaServer({ url: grafana.url, token: 'glsa_wrong' });
    await expect(push(wrong, dashboards, BY)).rejects.toThrow(/Invalid API key\. .*GRAFANA_TOKEN/);
    const viewer = grafanaServer({ url: grafana.url, token: grafana.tokens.viewer });
    await expect(push(viewer, dashboards, BY)).rejects.toThrow(/role Editor/);
  });

  it('names the address when nobody answers', async () => {
    await grafana.stop();
    await expect(planPush(server, dashboards)).rejects.toThrow(/does not answer at .*GRAFANA_URL/);
  });
});

it('diff changes nothing', async () => {
  await planPush(server, dashboards);
  expect(grafana.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
});
