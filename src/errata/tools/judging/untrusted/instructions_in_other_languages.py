"""Instructions to a judge in languages other than English, as patterns over text that ``disguises.plain`` has
normalized.

Spanish, French, German, Italian, Portuguese, Dutch, Polish, Turkish, Indonesian, Swedish, Swahili, Hausa, Russian,
Chinese, Japanese, Korean, Arabic, Hindi.
"""

# ruff: noqa: RUF001  the patterns are in other scripts

FORGET = (
    r"(?:ignora[dt]?e?|ignore[zr]|ignorier\w*|ignoriere|oublie[zr]?|vergiss|olvida|dimentica|esqueca|negeer|vergeet|"
    r"z?ignoruj|yoksay|abaikan|ignorera|puuza|yi watsi)"
)
ORDERS = (
    r"(?:instru[ckz]\w+|anweisung\w*|regeln?|consign\w*|istruzion\w+|opdracht\w*|polecen\w+|talimat\w*|instruksi\w*|"
    r"pregunta\w*|question\w*|frage\w*|maagizo|umarni\w*)"
)
ANSWER = (
    r"(?:responde|respondez|contesta|reponds|repondez|antworte|rispondi|rispondete|responda|antwoord|odpowiedz|cevapla|"
    r"cevap ver|jawab|svara|jibu|ka amsa|amsa)"
)
WITH = r"(?:con|avec|mit|par|com|met|ile|dengan|med|solo|seulement|nur|soltanto|apenas|alleen|tylko|hanya|endast|da)"
LABEL = (
    r"(?:etiqueta|etiquette|etichetta|etikett?|kennzeichnung|kategorie|klasse|label|respuesta|reponse|risposta|resposta|"
    r"antwort|antwoord|odpowiedz|cevap|jawaban|svar|jibu)"
)
RIGHT = r"(?:correct[aeo]s?|richtige?|korrekte?|bonne|giusta|certa|juiste|prawidlowa|dogru|benar|ratta|sahihi)"
LABEL_IT = r"(?:clasifica|classe[zr]?|klassifizier\w*|etiqueta|etichetta|classifica|kategorisier\w*)"
THIS = r"(?:esto|este|ceci|cela|das|dies\w*|questo|isto)"

IN_OTHER_LANGUAGES = (
    rf"\b{FORGET}\b[^.!?\n]{{0,40}}\b{ORDERS}\b",
    rf"\b{ANSWER} (?:\w+ ){{0,2}}(?:{WITH}\b|[\"'«:])",
    rf"\b{LABEL} (?:{RIGHT}\b|es |est |ist |e :|is |:)",
    rf"\b{RIGHT} {LABEL}\b",
    rf"\b{LABEL_IT} {THIS}\b",
    r"(?:игнорир\w*|забудь\w*|проигнорир\w*)[^.!?\n]{0,40}(?:инструкц\w+|указан\w+|вопрос\w*|правил\w+)",
    r"(?:ответь|ответьте|отвечай|отвечайте|выбери|выберите)\s*(?:\w+\s+){0,2}(?:только|словом|вариант\w*|буквой|[:\"«])",
    r"правильн\w+ (?:ответ|метк\w+|категори\w+|класс)",
    r"(?:忽略|无视|忽視|無視|忘记)[^。！？\n]{0,15}(?:指令|指示|说明|說明|规则|提示|问题|要求)",
    r"(?:请|請)(?:只)?回答|(?:只|必须)回答|回答[:「“\"]|选择选项|正确(?:的)?(?:答案|标签|类别)|(?:标签|標籤)是|(?:归类|分类)为",
    r"(?:指示|命令|質問|プロンプト)[^。!?\n]{0,12}無視|と(?:だけ)?(?:答え|回答し)(?:て|なさい|ろ)|正しい(?:ラベル|答え|分類)",
    r"(?:지시|명령|질문|프롬프트)[^.!?\n]{0,12}무시|라고\s*(?:만\s*)?(?:답|대답)|정답은|올바른\s*(?:라벨|레이블|답)",
    r"تجاهل[^.!؟\n]{0,40}(?:التعليمات|الاوامر|الأوامر|السؤال|تعليمات)|(?:اجب|أجب)\s+(?:ب|فقط)|(?:التصنيف|الاجابة|الإجابة)\s+الصحيح",
    r"(?:निर्देश|आदेश|नियम)\S*[^।!?\n]{0,30}(?:अनदेखा|नजरअंदाज)|सही (?:उत्तर|लेबल|वर्ग)",
)
"""A text that matches any of them is flagged."""
