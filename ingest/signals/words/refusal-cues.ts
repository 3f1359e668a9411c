/** Words that decide whether a response is looked at for a refusal at all. They need not be exact, only not miss one. */
export const FIRST_PERSON = `i i'm i'd i'll i've im ich je j'ai`;

/** "We" is said of everybody as well ("we see that it is not"), so only a strong denial counts after it. */
export const PLURAL_PERSON = `we we're we'd we'll assistant bot model`;

/** After a first person, within a few words. */
export const DENIALS = `
  cannot can't cant won't wont unable incapable decline declining refuse
  prohibited forbidden restricted challenge object disagree condemn reject `;

/** Denials that every text has. */
export const PLAIN_DENIALS = `not don't dont rather no never nicht kein keine keinen keiner pas`;

/** By themselves. */
export const REFUSAL_CUES = `
  sorry apologize apologise apologies apology regret regrettably unfortunately ai inappropriate unethical immoral
  unacceptable offensive disrespectful discriminatory insensitive guidelines policy policies programming principles
  appropriate ethical acceptable respectful request blocked filtered flagged prompt premise refrain afraid`;

/** By themselves, outside English. */
export const FOREIGN_REFUSAL_CUES = `
  leid leider entschuldigung bedauere bedaure verzeihung désolé désolée regrette malheureusement
  siento lamento lamentablemente disculpa disculpe perdón puedo podemos podré dispiace spiacente scusa purtroppo posso
  possiamo desculpe desculpa desculpas sinto infelizmente consigo podemos spijt helaas извините простите сожалению
  сожалею ich je`;
