import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { language, languageMismatch } from './language.ts';
import { createScanner } from './scan.ts';

const scan = createScanner();
const of = (text: string) => language(scan(text), text);

describe('language', () => {
  it.each([
    ['en', 'The quick way to understand this problem is to look at the data that we have.'],
    ['en', 'How do I reset my password?'],
    ['de', 'Wie kann ich mein Passwort zurücksetzen?'],
    [
      'de',
      'Der schnellste Weg, dieses Problem zu verstehen, ist ein Blick auf die Daten der letzten Wochen.',
    ],
    ['fr', 'La façon la plus rapide de comprendre ce problème est de regarder les données.'],
    ['es', 'La forma más rápida de entender este problema es mirar los datos que hemos recopilado.'],
    ['it', 'Il modo più rapido per capire questo problema è guardare i dati che abbiamo raccolto.'],
    ['pt', 'A maneira mais rápida de entender este problema é olhar para os dados que coletamos.'],
    ['nl', 'De snelste manier om dit probleem te begrijpen is door naar de gegevens te kijken.'],
    ['pl', 'Najszybszym sposobem na zrozumienie tego problemu jest przyjrzenie się danym.'],
    ['ru', 'Самый быстрый способ понять эту проблему — посмотреть на данные.'],
    ['tr', 'Bu sorunu anlamanın en hızlı yolu son haftalarda topladığımız verilere bakmaktır.'],
    ['ja', 'この問題を理解する最も早い方法は、データを見ることです。'],
    ['zh', '理解这个问题最快的方法是查看数据。'],
    ['ko', '이 문제를 이해하는 가장 빠른 방법은 데이터를 보는 것입니다.'],
    ['ar', 'أسرع طريقة لفهم هذه المشكلة هي النظر إلى البيانات التي جمعناها.'],
  ])('%s: %s', (expected, text) => {
    expect(of(text)).toBe(expected);
  });

  it('is null where nobody could tell', () => {
    for (const text of ['', 'Yes', '[No]', '17077', 'OK.', '42 + 17 = 59', '😀😀😀', '!!!'])
      expect(of(text)).toBeNull();
  });

  it('is that of the prose, not of the code, the quotation or the name in it', () => {
    const code = '```python\nfor item in list:\n    if not item: return and or is not in\n```';
    expect(of(`Das ist der Code, den du brauchst, und er ist sehr kurz.\n${code}`)).toBe('de');
    expect(of('The word 日本 is written with two characters, and it means Japan.')).toBe('en');
    expect(of('They ordered the "pizza alla diavola" and a glass of the red wine from there.')).toBe('en');
  });

  it('takes any string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (text) => {
        const found = of(text);
        expect(found ?? 'en').toMatch(/^[a-z]{2,3}$/);
      }),
    );
  });
});

describe('languageMismatch', () => {
  it('needs both, and forgives what a short text does not tell apart', () => {
    expect(languageMismatch('en', 'de')).toBe(1);
    expect(languageMismatch('en', 'en')).toBe(0);
    expect(languageMismatch('no', 'da')).toBe(0);
    expect(languageMismatch(null, 'en')).toBeNull();
    expect(languageMismatch('en', null)).toBeNull();
  });
});
