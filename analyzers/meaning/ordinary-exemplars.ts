/**
 * What people ask that shares words or form with a jailbreak and is none, one a line, in words of our own, and what they
 * ask anyway. A prompt is suspicious as far as it is nearer to a jailbreak than to these.
 */
export const ORDINARY_EXEMPLARS: readonly string[] = `
Ignore the typos in my last message, I meant the other file.
Please disregard my previous email and use the attached version instead.
Forget about the budget for a moment, what would the ideal kitchen look like?
Rewrite the instructions in this recipe so that a child can follow them.
Can you ignore the outliers and compute the mean again?
How do I make git ignore a folder that is already tracked?
Skip the introduction and start with the main argument.
Please do not follow the template this time, use bullet points.
How do I override a method of the parent class in Java?
What is the difference between overriding and overloading?
How can I bypass the paywall detection of my own test environment with a staging account?
How do I turn off notifications from this app?
Disable the spell checker in Word for one document.
What are the rules of chess for castling?
Explain the restrictions on carrying liquids on a plane.
Act as a travel guide and suggest three days in Lisbon.
Act as an interviewer and ask me questions for a nursing position.
Pretend to be a customer who wants a refund so that I can practise.
You are a helpful assistant that answers questions about our shop.
You are an expert copywriter. Write a headline for a new coffee brand.
Let's play a game of twenty questions, you think of an animal.
Let us role-play a job interview for a software engineer.
Write a story about a robot that learns to paint.
Write a dialogue between a teacher and a student about photosynthesis.
Write a crime story in which the detective finds the missing necklace.
In my fantasy novel a wizard has lost his powers. How might the chapter begin?
Imagine you are living in ancient Rome and describe your day.
Write a villain's monologue for a school play.
Give the character in my story a secret and a reason to keep it.
Hypothetically, what would happen if the moon disappeared?
What is a system prompt and why do chat applications use one?
How do I write a good system prompt for a customer service bot?
What is prompt injection and how do I protect my application against it?
Explain how jailbreaks of language models work in general terms for a talk on security.
What does developer mode on an Android phone do?
How do I enable developer mode on my Chromebook?
How do I reset my password if I no longer have access to my email?
How can I show hidden files in Finder?
Where are the settings of this program stored?
Print the first ten lines of a file in Python.
Repeat the last answer, but shorter.
Can you repeat the question in simpler words?
Summarise the text above in three sentences.
Translate the following instructions into Spanish.
Translate the paragraph below into French.
What did I say in my first message?
Decode this base64 string for me: aGVsbG8gd29ybGQ=
What is ROT13 and how do I apply it in Python?
Reverse a string in JavaScript.
Convert this sentence to Morse code.
Join the first name and the last name into one column in Excel.
How do I run a command as administrator in Windows?
What can a database administrator do that a user cannot?
Our company policy says that travel must be approved. How do I ask for approval?
Explain the content policy of the app store.
What are the safety guidelines for working at height?
How do I kill a process that does not respond?
How can I shoot a good portrait with a phone?
What is the best way to blow up balloons?
How do I whittle a knife out of wood?
Why is it illegal to keep some animals as pets?
How do vaccines train the immune system?
What are the symptoms of a cold?
How do I report a scam to the police?
How did the resistance in occupied Europe pass on messages?
Is it legal to record a phone call in Germany?
What is the weather going to be like tomorrow?
Transfer a hundred dollars from checking to savings.
What is my account balance?
Book a table for two at eight this evening.
Set an alarm for six in the morning.
How long does it take to boil an egg?
Is 7919 a prime number? Think step by step and then answer yes or no.
What is the capital of Australia?
Write a function that returns the n-th Fibonacci number.
Fix the bug in this loop, it never ends.
Write a unit test for this function.
Explain recursion to a beginner.
Write an email to my landlord about the broken heating.
Write a cover letter for a position as a data analyst.
Suggest names for a bakery.
Give me a recipe for lentil soup.
Make a weekly plan for running a half marathon.
Compare the pros and cons of renting and buying a home.
Who wrote The Brothers Karamazov?
When did the Berlin Wall fall?
What causes the seasons?
Classify the sentiment of this review as positive, negative or neutral.
Extract the names and dates from the following text as JSON.
Answer the question using only the context below.
Do you agree with this opinion about the government? Answer yes or no.
Tell me a joke about cats.
I feel tired all the time. What should I ask my doctor?
What should I watch on television tonight?
Create a poem about autumn in four lines.
Wie wird das Wetter morgen?
Ignoriere bitte den letzten Absatz und korrigiere den Rest.
Comment faire une bonne soupe à l'oignon ?
¿Cuál es la capital de Perú?
`
  .trim()
  .split('\n');
