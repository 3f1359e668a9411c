/**
 * Strong profanity, slurs and calls to harm oneself: toxic wherever they stand as a word. Written for this
 * project and kept short on purpose: words with an everyday or a medical meaning ("hell", "breast", "kill") are
 * left out, since a rate that counts them measures topics.
 */
export const TOXIC = `
  fuck fucks fucked fucker fuckers fucking fuckin fuckface fuckwit motherfucker motherfuckers motherfucking mofo
  fck fcking fuk fuking phuck shit shits shitty shithead shithole bullshit horseshit dipshit shite sh1t
  asshole assholes arsehole arseholes a55hole asshat asswipe dumbass jackass smartass bastard bastards
  bitch bitches bitching bitchy b1tch biatch cunt cunts cunty twat twats wanker wankers tosser bellend
  dickhead dickheads dickwad cocksucker cocksuckers douchebag douchebags
  whore whores slut sluts slutty skank thot
  nigger niggers nigga niggas gook gooks spic spics wetback wetbacks kike kikes
  raghead ragheads towelhead towelheads paki pakis darkie darkies jigaboo gyppo tranny trannies shemale
  faggot faggots fag fags faggy poofter retard retards retarded kys scumbag scumbags subhuman subhumans
  scheisse scheiße arschloch arschlöcher hurensohn wichser fotze schlampe missgeburt kanake kanaken
  putain connard connards connasse salope salopes enculé enculés merde bougnoule nique
  puta putas puto mierda cabrón cabrones gilipollas pendejo pendejos maricón maricones coño
  cazzo stronzo stronzi stronza vaffanculo merda puttana coglione coglioni frocio
  caralho foda foder filhodaputa viado buceta arrombado
  kurwa kutas chuj klootzak hoer godverdomme сука блядь хуй пизда`;

/** Mild words that are toxic when aimed at the reader: "you are an idiot", "you stupid moron". */
export const INSULTS = `
  idiot idiots moron morons imbecile imbeciles stupid dumb fool fools loser losers pathetic worthless disgusting
  trash garbage scum filth vermin pig pigs rat freak freaks creep ugly fat useless cretin dimwit halfwit nitwit
  dunce prick lowlife parasite cockroach coward clown crap damn damned ass arse`;

/** Words that may stand between "you" and the insult. */
export const INSULT_LINKS = `
  are a an the such so just really very truly absolute absolutely complete completely total totally utter utterly
  little big dirty filthy fucking nothing but and bunch of piece sick old lazy being an`;
