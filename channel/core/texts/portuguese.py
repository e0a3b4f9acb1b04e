"""What contacts and agents are told, in Portuguese."""

from typing import Final

TEXTS: Final = {
    "queued": (
        "Sua conversa está na fila de espera.[ Sua posição: {position}.][ Espera habitual: {wait}.] "
        "A resposta chegará aqui.[ Para deixar de esperar, escreva: {leave_word}]"
    ),
    "still_waiting": (
        "Agradecemos a sua espera. Sua conversa continua na fila.[ Sua posição: {position}.]"
        "[ Espera habitual: {wait}.][ Para deixar de esperar, escreva: {leave_word}]"
    ),
    "taken": "[Quem atende você agora: {agent}|Uma pessoa da nossa equipe atende você agora.]",
    "transferred": "[Sua conversa foi transferida. Quem atende você agora: {agent}"
    "|Sua conversa foi transferida para outra pessoa da nossa equipe.]",
    "closed": "[{comment}\n\n]A conversa terminou. Agradecemos o seu contato.",
    "nobody": "No momento não há ninguém disponível para responder. Por favor, escreva de novo mais tarde.",
    "outside_hours": "No momento estamos fora do horário de atendimento.[ Voltamos a atender: {next_open}.]",
    "delayed": "Sua mensagem ainda não chegou à nossa equipe. Continuamos tentando; não é preciso enviá-la de novo.",
    "not_carried": "Só podemos receber texto: imagens, arquivos e mensagens de voz não chegam. "
    "Por favor, escreva em texto.",
    "gave_up": "Lamentamos, desta vez ninguém pôde responder. Por favor, escreva de novo mais tarde.",
    "idle_warning": "Você ainda está aí? Se não escrever, esta conversa terminará[ em {minutes} min].",
    "requeued": "Sua conversa voltou para a fila de espera. Outra pessoa da nossa equipe responderá aqui.",
    "on_hold": "Esta conversa está em pausa no momento. Escreveremos para você aqui.",
    "resumed": "Agradecemos a sua espera. A conversa continua agora.",
    "answer_connecting": "Estamos procurando alguém da nossa equipe para atender você. A resposta chegará aqui.",
    "answer_already_open": "Você já tem uma conversa aberta. Escreva a sua mensagem.",
    "answer_nobody": "No momento não há ninguém disponível para responder. Por favor, escreva de novo mais tarde.",
    "answer_outside_hours": "No momento estamos fora do horário de atendimento.[ Voltamos a atender: {next_open}.]",
    "answer_unknown_department": "Não encontramos a equipe que deve responder. Por favor, escreva de novo mais tarde.",
    "answer_blocked": "Suas mensagens não podem ser repassadas à nossa equipe.",
    "answer_accepted": "Sua mensagem foi repassada.",
    "answer_closed": "A conversa terminou. Se ainda precisar de ajuda, escreva de novo.",
    "answer_not_carried": "Só podemos repassar texto: imagens, arquivos e mensagens de voz não. "
    "Por favor, escreva em texto.",
    "answer_empty": "Sua mensagem estava vazia. Por favor, escreva de novo.",
    "answer_too_long": "Sua mensagem é longa demais.[ Por favor, escreva no máximo {limit} caracteres.]",
    "answer_available": "Nossa equipe está disponível para atender você.",
    "answer_closing": "A conversa está sendo encerrada.",
    "answer_not_open": "Você não tem nenhuma conversa aberta.",
    "answer_not_allowed": "A conversa não pode ser encerrada daqui. Nossa equipe vai encerrá-la.",
    "answer_rated": "Agradecemos a sua avaliação.",
    "answer_not_rated": "Não foi possível registrar a sua avaliação.",
    "author_too_long": (
        "[Não foram enviadas {count} mensagens longas demais|Não foi enviada, por ser longa demais: “{text}”"
        "|Uma mensagem não foi enviada, por ser longa demais] "
        "[({length} caracteres; são permitidos {limit})|(são permitidos {limit} caracteres)]. "
        "Por favor, escreva mensagens mais curtas."
    ),
    "author_emoji": (
        "[Não foram enviadas {count} mensagens com emojis|Não foi enviada, por causa dos emojis: “{text}”"
        "|Uma mensagem não foi enviada, por causa dos emojis]. Por favor, escreva sem emojis."
    ),
    "author_emoji_stripped": "Emojis não chegam ao contato. Suas mensagens são enviadas sem eles.",
    "author_media": (
        "[Não foram enviados {count} arquivos, imagens, lugares ou chamadas"
        "|Um arquivo, uma imagem, um lugar ou uma chamada não foi enviado]. "
        "Só texto chega ao contato. Por favor, diga com palavras."
    ),
    "author_empty": (
        "[Não foram enviadas {count} mensagens em que não há nada para ler"
        "|Uma mensagem não foi enviada: não há nada nela para ler]. Por favor, diga com palavras."
    ),
    "author_undelivered": (
        "[Não foram entregues {count} mensagens|Não foi entregue: “{text}”|Uma mensagem não foi entregue]. "
        "Por favor, escreva de novo mais tarde, ou fale com o contato de outra forma."
    ),
    "author_ambiguous": (
        "[Talvez não tenham sido entregues {count} mensagens|Talvez não tenha sido entregue: “{text}”"
        "|Talvez uma mensagem não tenha sido entregue]. Por favor, pergunte ao contato antes de escrever de novo."
    ),
    "author_waiting": (
        "[Ainda não foram entregues {count} mensagens|Ainda não foi entregue: “{text}”"
        "|Uma mensagem ainda não foi entregue]. Continuamos tentando; não é preciso escrever de novo."
    ),
    "author_went": (
        "[Foram entregues {count} mensagens que esperavam|Agora foi entregue: “{text}”"
        "|Agora foi entregue uma mensagem que esperava]."
    ),
    "author_attachment": "Anexo:[ {address}]",
}
