/** Words that decide whether a response is looked at for a refusal at all. They need not be exact, only not miss one. */
export const FIRST_PERSON = `i we i'm we're i'd we'd i'll we'll i've im ich je j'ai assistant bot system`;

/** After a first person, within a few words. */
export const DENIALS = `
  not cannot can't cant won't wont don't dont unable incapable decline declining refuse rather no never
  prohibited forbidden restricted challenge object disagree condemn reject nicht kein keine keinen keiner pas`;

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
