/** Words of doubt: modal, adverbs and verbs that weaken a claim (after Hyland's hedges, without "about", "may"). */
export const HEDGES = `
  perhaps maybe possibly probably presumably supposedly allegedly apparently seemingly arguably
  might could likely unlikely seem seems seemed appear appears appeared suggest suggests suggested
  generally usually typically often sometimes somewhat relatively fairly roughly approximately
  uncertain unclear unsure doubtful possible probable plausible plausibly potentially
  assume assumes believe believes guess suppose tend tends tended estimate estimated largely mostly mainly`;

/** Turns the tone of the next three words round. */
export const NEGATIONS = `
  not no never none nobody nothing neither nor without hardly barely scarcely cannot
  can't cant don't dont doesn't doesnt didn't didnt isn't isnt aren't arent wasn't wasnt weren't werent
  won't wont wouldn't wouldnt couldn't couldnt shouldn't shouldnt hasn't haven't hadn't ain't`;

/** A point after these does not end a sentence. */
export const ABBREVIATIONS = `
  mr mrs ms dr prof sr jr st vs etc inc ltd co corp dept approx fig figs eq vol pp cf al
  jan feb mar apr jun jul aug sep sept oct nov dec`;

export const SECOND_PERSON = `you you're youre u ur`;
