import { SESSION_TIMEOUT_MS } from '../../ingest/log/group-consumer.ts';
import { until } from './form.ts';
import type { Installation } from './installation.ts';
import type { RoleProcess } from './role-process.ts';

/** Whoever is in the writers' group, by the process each says it is. */
export interface Member {
  readonly name: string;
  /** Anew each time that it joins without being known. */
  readonly id: string;
}

/** The writers' group's members, by id. For a session the broker counts those too who are dead. */
export async function membersOf({ kafka, writerGroup }: Installation): Promise<Member[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { groups } = await admin.describeGroups([writerGroup]);
    const members = groups[0]?.members ?? [];
    return members
      .map(({ clientId, memberId }) => ({ name: clientId, id: memberId }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  } finally {
    await admin.disconnect();
  }
}

/** Waits until these writers, and nobody else, were in the group for longer than one who is dead is counted. */
export async function steadyMembers(
  installation: Installation,
  writers: readonly RoleProcess[],
): Promise<Member[]> {
  const wanted = writers.map(({ name }) => name).sort();
  let seen = { members: [] as Member[], sinceMs: performance.now() };
  await until(`${wanted.join(' and ')} alone in the group for a session`, {
    read: () => membersOf(installation),
    isDone(members) {
      const nowMs = performance.now();
      if (JSON.stringify(members) !== JSON.stringify(seen.members)) seen = { members, sinceMs: nowMs };
      const names = members.map(({ name }) => name).sort();
      return JSON.stringify(names) === JSON.stringify(wanted) && nowMs - seen.sinceMs > SESSION_TIMEOUT_MS;
    },
  });
  return seen.members;
}
