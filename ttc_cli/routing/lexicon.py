"""Words that say what is wanted, in some twenty languages: stems, each at the start of a word.

Chinese and Japanese have no spaces, so their stems match anywhere. A group's name is the name of
the feature. Nothing here decides anything by itself: the classifier weighs the groups.
"""

from __future__ import annotations

import functools
import re

_GROUPS: dict[str, tuple[str, str]] = {
    # name: (stems at the start of a word, stems anywhere)
    "translate": (
        "translat|render|übersetz|tradu|vertaal|przetłumacz|tłumacz|перев[её]|переклад|çevir|"
        "तर्जुमा|अनुवाद|ترجم|översätt|přelož|dịch|terjemah|μετάφρα|번역|"
        "how do (?:you|i|they) say|wie sagt man|comment dit|cómo se dice|come si dice|como se diz|"
        "hoe zeg|jak powiedzieć|как сказать|nasıl den",
        "翻译|翻譯|译成|訳し|翻訳|옮겨|뭐라고|何と言|怎么说",
    ),
    "language": (
        "english|german|french|spanish|italian|portuguese|dutch|polish|russian|chinese|japanese|"
        "korean|arabic|hindi|turkish|latin|greek|swedish|norwegian|ukrainian|deutsch|englisch|"
        "französisch|spanisch|anglais|allemand|espagnol|inglés|alemán|francés|inglese|tedesco|"
        "spagnolo|inglês|alemão|espanhol|engels|duits|frans|angielsk|niemieck|włosk|английск|"
        "немецк|испанск|ingilizce|almanca|engelska|إنجليزية|ألمانية|अंग्रेज|영어|일본어|스페인어",
        "英文|英语|英語|法语|日语|中国語|韓国語|日文|德语",
    ),
    "write": (
        "write|draft|compose|rewrite|rephrase|paraphras|shorten|expand|polish|proofread|reword|"
        "schreib|formulier|verfass|écri|rédige|reformul|escrib|redact|scriv|riscriv|escrev|redij|"
        "schrijf|napisz|напиши|составь|skriv|yaz|اكتب|लिख|써|작성",
        "写|書いて|改写|言い換え",
    ),
    "text kind": (
        "poem|haiku|limerick|story|song|lyrics|essay|e-?mail|letter|speech|toast|slogan|tagline|"
        "caption|headline|blog|post|tweet|bio|review|invitation|apolog|note|names? (?:for|ideas)|"
        "ideas|gedicht|brief|absage|poème|lettre|mail|poema|correo|carta|poesia|verso|wiersz|стих|"
        "письмо|şiir|e-posta|قصيدة|رسالة|कविता|dikt|시를|이메일|"
        "paragraph|sentences?|title|dialogue|description|outline|release notes|commit message",
        "诗|邮件|詩|メール",
    ),
    "summarise": (
        "summar|tl;?dr|condense|sum up|zusammenfass|fass\\b|fasse|résum|resum|riassum|samenvat|vat|"
        "streść|streszcz|кратко|перескаж|özetle|لخص|सार|요약|in \\d+ (?:bullets?|words|lines)|"
        "bullet|executive summary|key points|make (?:it|this) shorter",
        "概括|总结|要約|摘要",
    ),
    "correct": (
        "gramm[ae]r|spelling|proofread|typos?|korrigier|rechtschreib|corrig|corrij|correggi|"
        "verbeter|popraw|исправь ошиб|düzelt|sound (?:more|less|better)|more polite|politely|"
        "informal|formal|tone|jargon",
        "礼貌|丁寧",
    ),
    "extract": (
        "extract|list (?:all|every|the)|pull|pick out|find all|get (?:me )?(?:the|all)|classif|"
        "categor|label|tag|sentiment|positive or|parse|fill in|zieh|extrah|liste|extra[ei]|saca|"
        "elenca|estrai|haal|wypisz|выпиши|çıkar|listele|استخرج|निकाल|뽑아|분류|"
        "positiv|positief|pozytywn|положительн|olumlu|إيجابي|सकारात्मक|긍정|which (?:of|line)|"
        "named entit|action items|only the|just the|duplicates|alphabetical",
        "提取|找出|抜き出|取り出|正面|肯定的|分类",
    ),
    "format": (
        "json|csv|yaml|xml|markdown|table|jsonl|tsv|html table|tabelle|tableau|tabla|tabela", "表格"
    ),
    "code": (
        "python|pythonie|javascript|typescript|java|rust|golang|c\\+\\+|c#|kotlin|swift|ruby|php|"
        "bash|shell|sql|postgres\\w*|mysql|sqlite|regexp?|css|html|react|node|django|flask|pandas|"
        "numpy|git|docker|kubernetes|k8s|kubectl|linux|vim|awk|sed|grep|curl|tar|ssh|rsync|npm|pip|"
        "cargo|function|funktion|fonction|función|funzione|função|functie|funkcj|функци|fonksiyon|"
        "code|codes|kod|код|código|codice|script|class|method|algorithm|api|endpoint|compil\\w*|"
        "stdlib|segfault|stack ?trace|thread|async|mutex|goroutines?|query|array|pointer|loop|"
        "дженерик|питон|파이썬|자바|कोड|बैकएंड|بايثون|الكود|دالة|in go|make?file|cron|ffmpeg|jq|"
        "postgresql|terraform|dataframe|hashmap|linked list|binary tree|trie|cache|lru|o\\([n1l]",
        "代码|函数|コード|関数を|코드|并发|线程",
    ),
    "build": (
        "implement|refactor|optimi[sz]e|debug|fix|port|convert|rewrite|design|reimplement|"
        "complete (?:this|the) function|implementier|implémente|implementa|implemente|"
        "napraw|znajdź błąd|найди|реализуй|finde|trouve|encuentra|trova|ache|اكتب دالة|구현|고쳐|"
        "bugs?|memory leak|race|deadlock\\w*|tests?|edge cases|without changing|handle",
        "实现|重写|実装|調べて",
    ),
    "prove": (
        "prove|proof|show that|justify|derive|beweis|zeige|begründe|démontr|montrer|demuestra|"
        "demostrar|dimostra|prove que|bewijs|udowodnij|uzasadnij|докаж|ispat|أثبت|सिद्ध|증명|"
        "by induction|step by step|show (?:your |the )?(?:work|steps)|explain (?:each|why)|"
        "counterexample|rechenweg|mostra|mostrando",
        "证明|証明|推理|步骤",
    ),
    "solve": (
        "solve|find|determine|evaluate|compute|calculate|simplify|expand|minimi[sz]e|maximi[sz]e|"
        "bestimme|berechne|löse|résoudre|calcul|halla|resuelve|risolvi|trova|oblicz|rozwiąż|найд|"
        "реши|вычисл|bul|çöz|أوجد|احسب|ज्ञात|구하|bereken|encontre",
        "求|计算|求め",
    ),
    "how many": (
        "how (?:many|much|long|far|old|tall|fast|often|quickly)|wie ?viele?s?|wie (?:lange|groß)|"
        "combien|cuánt[oa]s?|quant[oiae]|quantos|hoeveel|ile|сколько|скільки|kaç|كم|कितने|कितना|"
        "몇|얼마|hur många|kolik|bao nhiêu|berapa|what is left|altogether|in total|in all|"
        "remain\\w*",
        "多少|几|何個|いくつ|何分|いくら|何時間",
    ),
    "who when where": (
        "who|whose|when|where|which year|what year|capital|year|wer|wann|wo|hauptstadt|qui|quand|"
        "où|capitale|quién|cuándo|dónde|chi|dove|quem|onde|wie|wanneer|waar|kto|kiedy|gdzie|"
        "stolica|кто|когда|где|столица|хто|kim|ne zaman|nerede|başkent\\w*|من|متى|أين|عاصمة|किसने|"
        "कब|राजधानी|누가|언제|수도|vem|vad|när|kdo|siapa|thủ đô|invented|founded|discovered|born",
        "谁|作者|哪一年|首都|誰|いつ|どこ",
    ),
    "what is": (
        "what(?:'?s| is| are| was| does)|define|meaning|difference between|explain|why|how does|"
        "was (?:ist|sind|bedeutet)|warum|qu'est|c'est quoi|pourquoi|qué (?:es|son)|por qué|"
        "cos'è|che cos|perché|o que é|por que|wat is|waarom|co to|dlaczego|что такое|почему|nedir|"
        "neden|ما (?:هو|هي)|لماذا|क्या|क्यों|왜|無",
        "为什么|是什么|なぜ|とは",
    ),
    "greet": (
        "hello|hi|hey|yo|thanks?|thank you|cheers|good (?:morning|night|evening)|bye|hallo|danke|"
        "bonjour|salut|merci|hola|gracias|ciao|grazie|olá|oi|obrigad[oa]|hoi|dank je|cześć|dzięki|"
        "привет|спасибо|merhaba|teşekkür|مرحبا|شكرا|नमस्ते|धन्यवाद|안녕|고마워|hej|lol|haha|ok|wow|"
        "joke|witz|blague|chiste|barzelletta|piada|mop|анекдот|नमस्कार|चुटकुला|fıkra|نكتة",
        "你好|谢谢|笑话|こんにちは|ありがとう|재미",
    ),
    "you": (
        "you|your|you're|u|du|dich|dir|tu|toi|te|tú|eres|você|jij|je|ty|jesteś|ты|sen|अप|तुम|당신|"
        "are you|do you|can you|bist du",
        "你|あなた",
    ),
    "me": (
        "i'm|im|i am|i feel|i'?ve|my|me|ich|mir|je suis|estoy|sono|estou|ik ben|jestem|я|мне|"
        "bored|sad|tired|nervous|sleep|happy|motivat\\w*|lonely|funny|weird",
        "",
    ),
    "constraint": (
        "must|exactly|only|each|every|at (?:least|most)|never|cannot|can'?t|nobody|no one|none|"
        "neither|either|unless|without|before|after|between|next to|opposite|same|different|"
        "all of|both|jeder?|genau|nur|nie|höchstens|mindestens|nicht|aucun|chaque|seul|jamais|"
        "cada|solo|nunca|nadie|ninguno|ognuno|mai|nessuno|ninguém|niemand|elke|nigdy|tylko|każd|"
        "nikt|никто|только|кажд|один из|hiç|yalnız|her|واحد|فقط|केवल|만|중",
        "只有|不能|每|各|だけ|ではなく|それぞれ",
    ),
    "truth": (
        "truth|lies?|liar|lying|knights?|knaves?|true|false|follows?|valid|argument|suspects?|"
        "guilty|thief|lügt|wahr\\w*|folgt|ment|vrai|miente|verdad|mente|vera?|verdade|liegt|kłam|"
        "prawd|врёт|правд|лож|doğru|yalan|صادق|يكذب|सच|झूठ|진실|거짓|"
        "all \\w+ are|no \\w+ (?:is|are|can)|some \\w+ (?:are|have)",
        "真话|说谎|本当|嘘",
    ),
    "arrange": (
        "schedul\\w*|rota|shifts?|seat\\w*|arrange\\w*|plan|assign\\w*|order|round robin|"
        "tournament|puzzle|riddle|dienstplan|planning|horario|organiza|turni|escala|расписание|график|"
        "row|rows|table|queens|bridge|river|boxes|doors|houses|floors?|shortest|fewest|minimum|"
        "runners?|workers?|tasks?|rooms?|slots?|meeting|weigh\\w*|switch\\w*",
        "值班|当番|安排",
    ),
    "day": (
        "today|tomorrow|yesterday|monday|tuesday|wednesday|thursday|friday|saturday|sunday|heute|"
        "gestern|montag|hier|mardi|hoy|jueves|oggi|sabato|hoje|quarta|morgen|vrijdag|dziś|środa|"
        "вчера|завтра|понедельник|bugün|çarşamba|اليوم|आज|परसों|오늘|모레",
        "今天|星期|今日|曜日",
    ),
    "unit": (
        "km|kms|kilomet\\w*|miles?|mph|meters?|metres?|cm|mm|feet|ft|inch\\w*|kg|grams?|lbs?|"
        "pounds?|ounces?|oz|lit(?:er|re)s?|ml|gallons?|celsius|fahrenheit|°[cf]|seconds?|minutes?|"
        "hours?|days?|weeks?|dollars?|usd|eur|euros?|cents?|percent|prozent|mb|gb|hex|decimal|"
        "binary|degrees|stunden?|minuten?|heures?|horas?|minutos?|ore|minuti|uur|godzin\\w*|sekund|"
        "час\\w*|км|рубл\\w*|saat|dakika|ساعة|دقيقة|घंटे|मिनट|रुपये|시간|tip|vat|interest|discount",
        "公里|小时|元|円|時間|キロ|초",
    ),
    "math noun": (
        "integral|derivative|matrix|determinant|eigenvalues?|probability|equation|polynomial|"
        "triangle|circle|radius|area|volume|perimeter|prime|divisors?|divisible|remainder|modulo|"
        "factorial|root|roots|sum|product|average|mean|median|fraction|ratio|integers?|function f|"
        "series|converge\\w*|limit|vector|sequence|digits?|square|cube|logarithm|log|sin|cos|tan|"
        "wahrscheinlichkeit|primzahl\\w*|probabilité|probabilidad|irracional|irrational|irratio\\w*|"
        "entier|raíz|impair\\w*|kwadraat|pierwiastek|liczb\\w*|целые|корень|угл\\w*|olasılık|sayı\\w*|"
        "عدد|अपरिमेय|확률|정수|speed|dice|coin|marbles|balls|cards",
        "概率|无理数|函数f|極値|無理数|极值",
    ),
    "code fact": (
        "stand for|port|version|license|invented|released|signal|errno|default", ""
    ),
    "refuse": (
        "don'?t (?:solve|answer|compute|check|calculate|translate)|do not (?:solve|answer)|"
        "no solution|not the solution|without solving|nicht lösen|sans résoudre|sin resolver",
        "不要解",
    ),
}  # fmt: skip


_SHORT = 4
_BAR = re.compile(r"\|(?![^(]*\))")


def _pattern(stems: str, anywhere: str) -> re.Pattern[str]:
    """Stems of up to four letters are whole words: "hi" is not in "history"."""
    parts = [
        stem + r"(?!\w)" if len(stem) <= _SHORT and stem.isalnum() else stem
        for stem in _BAR.split(stems)
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})" + (f"|{anywhere}" if anywhere else ""), re.I)


@functools.cache
def groups() -> dict[str, re.Pattern[str]]:
    """The patterns by name; compiled when first needed."""
    return {name: _pattern(*stems) for name, stems in _GROUPS.items()}
