/**
 * The commonest function words by language. A word shared by several languages is listed in each and counts for
 * each. Content words are left out, so that a borrowed name or a quoted title says nothing.
 */
export const FUNCTION_WORDS: Readonly<Record<string, string>> = {
  en: `the of and to in is that it for was on are as with his they at be this have from or had by not but what
    all were we when your can said there an each which she do how their if will up other about out many then them
    these so some her would make like him into has more who than its been could may should must also because does
    i you my me our us any such only most where why while between through please write give explain here whether
    don't can't it's i'm isn't doesn't you're that's let's just very no`,
  de: `der die das und ist von den mit für auf ein eine nicht sich des im dem zu als auch es an werden aus er hat
    dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis
    mehr durch man sein wurde ich wenn kann unter wir uns ihr ihre ihren diese dieser dieses was warum bitte mir
    mich dir du gibt alle zwischen sehr können müssen`,
  fr: `le la les de des du et est en un une que qui dans pour pas sur au aux avec ce cette ces il elle ils elles
    nous vous je ne se son sa ses par plus ou mais comme sont être fait tout leur leurs si même aussi été c'est
    d'un d'une qu'il l'on j'ai n'est peut entre sans donc où quel quelle comment pourquoi votre notre mon moi`,
  es: `el la los las de del y que en un una es por con para no se su sus al lo como más pero este esta estos estas
    ya o fue ha son muy sobre también hasta hay donde cuando quien desde todo nos todos uno les ni contra otros
    ese eso ante ellos mi yo tú qué cómo porque está están puede ser tiene entre sin`,
  it: `il lo la i gli le di del della dei delle e che è in un una per con non si da al alla sono come più ma anche
    nel nella questo questa questi ha ho hai essere se o dal dalla su loro suo sua suoi ci mi io quando dove
    perché cosa tra fra molto può ogni degli sulla gli`,
  pt: `o a os as de do da dos das e que em um uma é por com para não se no na nos nas ao mais como mas foi ele ela
    isso este esta ou ser quando muito há já eu também só pelo pela até entre era depois sem mesmo aos seus
    quem nem são você está pode porque`,
  nl: `de het een en van in is dat op te zijn met voor niet aan er om ook als dan maar bij uit nog worden naar
    heeft hebben door over ze zich hij deze dit wordt kan geen ik je jij wij we u uw mijn wat waarom hoe tot
    meer moet veel omdat`,
};
