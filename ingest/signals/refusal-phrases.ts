/**
 * The speech acts that make a refusal, as patterns over one sentence: lower case, ' for ’, one space, no Markdown,
 * no text in quotes. General English and the commonest forms of other languages, written from grammar, not from
 * a data set.
 */

/** What only an assistant is asked to do, and so declines to do. */
const ASSIST = [
  'help|assist|aid|provide|supply|comply|fulfil|fulfill|generate|produce|compose|draft|answer|respond|reply|support',
  'engage|encourage|condone|promote|participate|discuss|recommend|advise|satisfy|proceed|do (?:that|this|so|it)\\b',
  'instruct|guide|facilitate|endorse|contribute|accommodate|role-?play|disclose|reveal|translate|entertain|advocate',
  'give (?:you|advice|out|instructions|medical|legal|financial)|offer (?:you|advice|any|medical|legal|financial)',
  'create|write|share|suggest|be (?:a )?part|take part|in good conscience|grant|speculate|predict|cooperate',
].join('|');
/** What people cannot do as well: declines only in a sentence that speaks of a request or of an assistant. */
const ACT = [
  'complete|continue|tell|teach|show|explain|describe|agree|address|process|carry out|perform|make|pretend|act|give',
  'access|browse|view|verify|allow|justify|go|ethically|morally|legally|say|state|name|list|identify|offer|talk|have',
  'directly|fully|accept|handle|use|send|publish|repeat|express|form|take|hold|obtain|retrieve|look up|search|open',
  'play|execute|judge|determine|rank|choose|pick|estimate|confirm|see|know|read|remember|feel|be|do',
].join('|');
const OF_A_REQUEST = String.raw`(?=.*\b(?:ai|assistant|(?:language )?model|requests?|questions?|prompt|sorry|apologi[sz]e|unfortunately|real-?time|browsing|you|your)\b)`;

const I = String.raw`\b(?:i|we|this (?:assistant|model|bot|system))`;
const FILLER = `(?:[a-z']+,? ){0,3}?`;
const CANNOT = `(?:cannot|can'?t|can not|will not|won'?t|may not|must not|should not|shouldn't|refuse to|decline to|must decline|have to decline|need to decline)`;

/** Patterns of one kind of speech act. Most sentences fail the gate, which costs one search instead of many. */
export interface SpeechAct {
  readonly gate: RegExp;
  readonly patterns: readonly RegExp[];
}

/** "I can't help", "we are unable to provide", "I won't be able to share", "I must decline". */
export const DECLINES: SpeechAct = {
  gate: /\b(?:i|we|i'[md]|we'(?:re|d)|this (?:assistant|model|bot|system))\b/,
  patterns: [
    new RegExp(String.raw`${I} ${FILLER}${CANNOT} ${FILLER}(?:${ASSIST})\b`),
    new RegExp(String.raw`^${OF_A_REQUEST}.*\bi ${FILLER}${CANNOT} ${FILLER}(?:${ACT})\b`),
    new RegExp(
      String.raw`${I}(?: am|'m| are|'re| is) ${FILLER}(?:not ${FILLER}(?:able|comfortable|willing|permitted|allowed|authori[sz]ed|programmed|designed|equipped|capable|prepared|at liberty|in a position)|unable|incapable|prohibited|forbidden|restricted) (?:to|from|of|with|in)\b`,
    ),
    new RegExp(
      String.raw`${I} ${FILLER}(?:do not|don'?t|cannot|can'?t) (?:feel comfortable|support|condone|promote|encourage|engage|participate|endorse|provide|offer|discuss|assist|generate|create|produce|tolerate|advocate|take part|share|give)\b`,
    ),
    new RegExp(
      String.raw`${I} (?:${FILLER})(?:must|have to|need to|will|am going to|'ll|shall|respectfully|politely) (?:respectfully |politely |firmly )?(?:decline|refuse|pass)\b`,
    ),
    new RegExp(
      String.raw`${I} (?:respectfully |politely |firmly )?(?:decline|refuse) (?:to|your|this|that)\b`,
    ),
    new RegExp(String.raw`${I}(?:'d| would) (?:rather|prefer) not\b`),
    /\bi (?:do not|don't) have (?:\w+ ){0,3}(?:access to|the ability to|the capability to|permission to|information (?:about|on)|(?:personal )?(?:information|data|details) (?:about|on))/,
    /\b(?:not|isn't|nothing) (?:something |anything )?(?:that )?i(?:'m| am| can| could| will| would) (?:able|willing|comfortable|help|assist|do|answer|provide|discuss|write|support|share)\b/,
    /\bi (?:do not|don't) (?:think|believe) (?:that )?i (?:should|can|could|am able to) (?:\w+ )?(?:help|assist|answer|provide|write|do|share|discuss|respond|continue|give|comply)\b/,
    /^(?:no|nope|absolutely not|certainly not|sorry, no|i'm sorry, (?:but )?no)[,.!]* (?:i|we) (?:\w+ )?(?:will not|won't|can't|cannot)\b/,
  ],
};

/** The same without "I": "that is against my guidelines", "this content was blocked". */
export const DECLINES_BY_RULE: SpeechAct = {
  gate: /\b(?:my|our|openai's?|anthropic's?|google's?|meta's?|polic(?:y|ies)|blocked|filtered|flagged|rejected|denied|removed|withheld|be)\b/,
  patterns: [
    /\bit(?:'s| is|'s) (?:simply )?(?:not|outside|beyond|against) (?:within |in )?my (?:programming|ability|abilities|capabilities|capacity|guidelines|purpose|role|policy|policies|principles|scope|design|power)\b/,
    /\b(?:against|violates?|violating|outside|beyond|contrary to|not (?:in line|aligned) with) (?:of )?(?:my|our|the|openai's?|anthropic's?|google's?|meta's?|company) (?:\w+ ){0,3}(?:programming|guidelines?|polic(?:y|ies)|principles|terms|rules|values|standards|capabilities|abilities)\b/,
    /\bmy (?:\w+ ){0,3}(?:programming|guidelines?|polic(?:y|ies)|principles|purpose|design|training|rules|values) (?:\w+ ){0,2}(?:do not|does not|don't|doesn't|prevents?|prohibits?|forbids?|restricts?|won't)\b/,
    /\b(?:request|question|prompt|content|message|response|conversation|topic) (?:\w+ ){0,2}(?:was|has been|is|have been|were) (?:\w+ )?(?:blocked|filtered|flagged|rejected|denied|removed|withheld)\b/,
    /\bcan(?:not|'t) be (?:fulfilled|answered|provided|discussed|disclosed)\b/,
  ],
};

/** An apology, alone. With a negation or a judgement behind it in the sentence it declines. */
export const APOLOGY =
  /^(?:oh,? |well,? |hi,? |hello,? |no,? )?(?:i(?:'m| am) (?:\w+ )?(?:sorry|afraid)|(?:\w+ )?sorry\b|(?:please accept )?my (?:\w+ )?apologies|i (?:\w+ )?(?:apologi[sz]e|regret)|apologies|unfortunately|regrettably)/;
export const APOLOGY_DECLINES =
  /\b(?:question|request|prompt|premise|statement) (?:\w+ ){0,3}(?:contains?|promotes?|perpetuates?|implies|assumes|based on)\b|(?<!\b(?:you|he|she|they|one|who) )\b(?:cannot|can'?t|can not|unable|not able|won'?t|will not|not (?:possible|appropriate|comfortable|allowed|permitted|ethical|acceptable|something i)|inappropriate|unethical|illegal|against|violat\w+|do not have|don't have|not have|decline|refuse|not going to|not programmed|not capable|incapable|no longer)\b/;

const WRONG =
  'inappropriate|unethical|immoral|unacceptable|offensive|disrespectful|discriminatory|insensitive|harmful';
const RIGHT = 'appropriate|ethical|moral|right|acceptable|okay|ok|respectful|fair|productive|responsible';

/** Judges the request, first thing, instead of answering it: "it is not appropriate to", "I must challenge". */
export const CONDEMNS: SpeechAct = {
  gate: /appropriate|ethical|moral|right|accept|okay|\bok\b|respect|fair|productive|responsib|offensive|discriminat|insensitive|harm|violen|bias|stereotyp|accurate|challenge|object|disagree|condemn|reject/,
  patterns: [
    new RegExp(
      String.raw`\b(?:it|this|that)(?:'s| is| would be|'d be) (?:\w+ ){0,3}?(?:(?:not|never|neither) (?:\w+ (?:or |and )?){0,3}?(?:${RIGHT})|${WRONG})(?:,? (?:or|and|nor) \w+)? (?:to|for me|of me|behaviou?r)\b`,
    ),
    new RegExp(
      String.raw`\bi (?:do not|don't|cannot|can't) (?:\w+ )?(?:think|believe|consider|see|find) (?:that )?(?:it|this|that)(?:'s| is| would be)? (?:\w+ (?:or |and )?){0,3}?(?:${RIGHT}|accurate)\b`,
    ),
    new RegExp(
      String.raw`\b(?:your|this|the) (?:request|question|prompt|query|statement|premise|assumption) (?:\w+ ){0,5}(?:${WRONG}|violent|violence|bias(?:ed)?|stereotypes?|not appropriate|not acceptable)\b`,
    ),
    /\bi (?:must|have to|need to|would) (?:\w+ ){0,2}(?:challenge|object|disagree|condemn|reject)\b/,
  ],
};

/** Keeps a distance without an answer yet: a refusal only when little follows. */
export const DISTANCES: SpeechAct = {
  gate: /\b(?:i|ai|i'm|assistant|model)\b/,
  patterns: [
    /\bi (?:must|have to|need to|would like to) (?:\w+ ){0,2}(?:inform|emphasi[sz]e|stress|clarify|remind|make it clear)\b/,
    /\bi (?:strongly |highly |firmly )?(?:advise|urge|recommend) (?:you )?(?:against|not to|to refrain)\b/,
    /\bas (?:a|an) (?:\w+ ){0,3}(?:ai|assistant|language model)\b.{0,80}\b(?:not|\w+n't|cannot|unable)\b/,
    /\b(?:i'm|i am) (?:just |only |merely )?an? (?:\w+ ){0,3}(?:ai|language model|assistant)\b.{0,80}\b(?:not|\w+n't|cannot|unable)\b/,
  ],
};

/** Condemns in the middle of a sermon: "it is important to recognize", "everyone deserves", "harmful". */
export const PREACHES =
  /\b(?:it is|it's|is) (?:also |always |\w+ )?(?:important|essential|crucial|vital) (?:to|that)\b|\b(?:everyone|all (?:individuals|people|human beings))\b.{0,80}\b(?:deserves?|should|right|treated)\b|\b(?:respect|dignity|stereotypes?|discriminat\w+|harmful|unethical|illegal)\b/;

/** Looks like the above and is none: "I can't wait", "I cannot recommend it enough", "I can't tell you how much". */
export const EXEMPT =
  /\b(?:can'?t|cannot|can not|couldn't|could not) (?:wait\b|help (?:but|it|myself|feeling|\w+ing|the way|wondering)|believe|imagine|stop|thank|stress|emphasi[sz]e|overstate|complain|remember|agree more|go wrong|(?:recommend|praise|say|express|tell you|speak|describe)(?: \w+){0,4}? (?:enough|highly|how (?:much|happy|glad|excited|grateful|sorry)))|\b(?:sorry|apologi[sz]e|apologies)(?: \w+){0,2} (?:to hear|about your|for (?:the|any|my|your) (?:\w+ )?(?:delay|wait|confusion|inconvenience|mistake|error|misunderstanding|loss|late|trouble|earlier))/;

/** Turns from the refusal to an answer. A redirect ("I can help with something else") is not one. */
export const PIVOT =
  /\b(?:here (?:is|are)|here's|some (?:of the|general|common|popular)|that said|with that said|having said that|with that in mind|nonetheless|nevertheless)\b|\b(?:however|but|instead)\b[^.]{0,40}\b(?:i can (?:still |certainly )?(?:provide|offer|give|share|tell|explain|suggest|describe|say|outline|summari[sz]e|help you (?:understand|with))|in general|generally|general (?:information|tips|advice|overview))\b/;
export const REDIRECT =
  /\b(?:anything else|something else|other (?:\w+ )?(?:questions?|topics?|requests?|tasks?|things?|ways?)|any other|different (?:question|topic|request)|resources?|seek (?:\w+ ){0,3}help|hotline|instead, (?:i|let's|we|it is|consider|focus)|professional|i (?:encourage|suggest|recommend|urge|advise)|if you (?:have|need|are|would)|feel free|please (?:let me know|refrain|consider|seek|contact|ask)|is there)\b/;

/** Declines a part after helping: addressed to the user, in the first person singular. */
export const DECLINES_PART = new RegExp(
  String.raw`\bi(?: ${FILLER}${CANNOT} ${FILLER}|(?: am|'m) ${FILLER}(?:unable|not able|not comfortable|not qualified|not permitted|not allowed) (?:to |with )${FILLER})(?:${ASSIST})\b(?=.*\b(?:you|your|request|such|specific|medical|legal|financial|personal|advice|that part|the rest)\b)`,
);

/** On the raw text: is there a first person singular that cannot? */
export const DECLINES_PART_GATE =
  /\bI(?:['’]m| am)? (?:[\w'’]+,? ){0,4}?(?:can(?:not|['’]?t| not)|won['’]?t|will not|may not|must (?:not|decline)|(?:have|need) to decline|refuse|decline|unable|not (?:able|comfortable|qualified|permitted|allowed))\b/;

/** Other languages: one pattern over the opening, since their word order puts the negation elsewhere. */
export const FOREIGN_DECLINES: readonly RegExp[] = [
  /\b(?:tut mir (?:sehr )?leid|entschuldigung|bedaue?re|verzeihung)\b[^.!?]{0,120}\b(?:nicht|keine?[nmrs]?)\b/,
  /\bich (?:kann|darf|werde|möchte|könnte) (?:\S+ ){0,8}?(?:nicht|keine?[nmrs]?) (?:\S+ ){0,8}?(?:helfen|beantworten|unterstützen|bereitstellen|geben|erfüllen|schreiben|erstellen|weiterhelfen|anbieten|liefern|nachkommen|dienen|teilen|machen|tun|behilflich)/,
  /\bich bin (?:leider )?nicht (?:in der lage|befugt|berechtigt)\b/,
  /(?:désolée?|regrette|malheureusement|excuse)[^.!?]{0,80}\bje (?:ne |n')\S+ (?:\S+ ){0,2}?(?:pas|plus)\b/,
  /\bje (?:ne |n')(?:peux|suis|puis|vais|pourrai|saurais) (?:\S+ ){0,2}?pas (?:\S+ ){0,5}?(?:aider|fournir|répondre|donner|en mesure|vous|écrire|créer|assister|générer|faire|partager|autorisée?)/,
  /\b(?:lo siento|lamento|disculpa|perdón|perdona|lamentablemente)[^.!?]{0,80}\bno (?:\S+ ){0,2}?(?:puedo|podré|podemos|es posible|estoy|tengo)\b/,
  /\bno (?:\S+ ){0,1}?(?:puedo|podemos|podré) (?:\S+ ){0,2}?(?:ayudar|proporcionar|responder|ofrecer|cumplir|dar|escribir|crear|generar|asistir|brindar|compartir)/,
  /\b(?:mi dispiace|spiacente|scusa|purtroppo)[^.!?]{0,80}\bnon (?:\S+ ){0,2}?(?:posso|sono|è possibile|possiamo)\b/,
  /\bnon (?:posso|sono in grado di|possiamo) (?:\S+ ){0,2}?(?:aiutar|fornir|risponder|soddisfar|dar|scriver|crear|generar|assister|condivider|offrir)/,
  /(?:desculp|sinto muito|lamento|infelizmente|perdão)[^.!?]{0,80}\bnão (?:\S+ ){0,2}?(?:posso|consigo|podemos|é possível|tenho|estou)\b/,
  /\bnão (?:posso|consigo|podemos) (?:\S+ ){0,2}?(?:ajudar|fornecer|responder|oferecer|atender|dar|escrever|criar|gerar|auxiliar|compartilhar)/,
  /\b(?:het spijt me|sorry|helaas)[^.!?]{0,40}\bik\b[^.!?]{0,60}\b(?:niet|geen)\b/,
  /(?:извините|простите|к сожалению|сожалею)[^.!?]{0,80}не (?:могу|можем|имею)/,
  /(?:抱歉|对不起|對不起|很遗憾|很遺憾|不好意思)[^。！？]{0,40}(?:无法|無法|不能|不可以|没办法|沒辦法|没有办法|不便|不会|拒绝)/,
  /我(?:们|們)?(?:无法|無法|不能|不可以|没办法|不会)(?:为您|为你|向您|向你|给您|給您)?(?:提供|帮助|幫助|协助|協助|回答|满足|滿足|完成|生成|讨论|討論|支持|参与|编写|写)/,
  /(?:申し訳|すみません|ごめんなさい|恐れ入り|恐縮|残念ながら)[^。]{0,80}。?[^。]{0,80}(?:できません|出来ません|できかねます|いたしかねます|お答えできない|お手伝いできない|わかりかねます)/,
  /(?:お答え|お手伝い|提供|支援|対応|お教え|回答|協力|お応え|作成)(?:すること)?(?:は|が)?(?:できません|出来ません|できかねます|いたしかねます|致しかねます)/,
  /(?:죄송|유감|미안).{0,80}(?:수 없|없습니다|어렵습니다|않습니다|드릴 수)/,
];
