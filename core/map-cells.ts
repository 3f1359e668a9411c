/** What people read of the cells beyond the third level of a map: where the remotest 3 % of its reference lay. */
export const OUTSIDE = 'outside the usual topics';
/** A cell is a topic, and a `+` for each level that a text lies beyond. */
export const OUTSIDE_LEVEL = 3;
