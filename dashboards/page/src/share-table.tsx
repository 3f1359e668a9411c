import type { CategoryShare } from '../../../core/finding.ts';
import { formatShare } from '../../../core/format.ts';

/** How a mix changed: the categories that explain most of it, the first the most. */
export function ShareTable({
  shares,
  before,
  after,
}: {
  shares: readonly CategoryShare[];
  before: string;
  after: string;
}) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Category</th>
          <th scope="col">{before}</th>
          <th scope="col">{after}</th>
        </tr>
      </thead>
      <tbody>
        {shares.map((share) => (
          <tr key={share.category}>
            <th scope="row">{share.category}</th>
            <td>{formatShare(share.before)}</td>
            <td>{formatShare(share.after)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
