"""What contacts and agents are told, in Spanish."""

from typing import Final

TEXTS: Final = {
    "queued": (
        "Su chat está en la cola de espera.[ Su posición: {position}.][ Espera habitual: {wait}.] "
        "Le responderemos aquí."
        "[ Para dejar de esperar, escriba: {leave_word}]"
    ),
    "still_waiting": (
        "Gracias por esperar. Su chat sigue en la cola.[ Su posición: {position}.][ Espera habitual: {wait}.]"
        "[ Para dejar de esperar, escriba: {leave_word}]"
    ),
    "taken": "[Ahora le atiende: {agent}|Una persona de nuestro equipo le atiende ahora.]",
    "transferred": "[Hemos transferido su chat. Ahora le atiende: {agent}"
    "|Hemos transferido su chat a otra persona de nuestro equipo.]",
    "closed": "[{comment}\n\n]El chat ha terminado. Gracias por escribirnos.",
    "nobody": "En este momento no hay nadie disponible para responderle. Escríbanos de nuevo más tarde, por favor.",
    "outside_hours": "En este momento está cerrado.[ Volvemos a abrir: {next_open}.]",
    "delayed": "Su mensaje todavía no ha llegado a nuestro equipo. Seguimos intentándolo; "
    "no hace falta enviarlo de nuevo.",
    "not_carried": "Solo podemos recibir texto: las imágenes, los archivos y los mensajes de voz no llegan. "
    "Escríbalo como texto, por favor.",
    "gave_up": "Lo sentimos, esta vez nadie ha podido responderle. Escríbanos de nuevo más tarde, por favor.",
    "idle_warning": "¿Sigue ahí? Si no escribe, este chat terminará[ en {minutes} min].",
    "requeued": "Su chat ha vuelto a la cola de espera. Otra persona de nuestro equipo le responderá aquí.",
    "on_hold": "Este chat está en pausa por el momento. Le escribiremos aquí.",
    "resumed": "Gracias por esperar. Continuamos con el chat.",
    "answer_connecting": "Estamos buscando a alguien de nuestro equipo para atenderle. La respuesta llegará aquí.",
    "answer_already_open": "Ya tiene un chat abierto. Escriba su mensaje.",
    "answer_nobody": "En este momento no hay nadie disponible para responderle. "
    "Escríbanos de nuevo más tarde, por favor.",
    "answer_outside_hours": "En este momento está cerrado.[ Volvemos a abrir: {next_open}.]",
    "answer_unknown_department": "No encontramos el equipo que debe responderle. "
    "Escríbanos de nuevo más tarde, por favor.",
    "answer_blocked": "No podemos pasar sus mensajes a nuestro equipo.",
    "answer_accepted": "Hemos pasado su mensaje.",
    "answer_closed": "El chat ha terminado. Si todavía necesita ayuda, escriba de nuevo.",
    "answer_not_carried": "Solo podemos pasar texto: las imágenes, los archivos y los mensajes de voz no. "
    "Escríbalo como texto, por favor.",
    "answer_empty": "Su mensaje estaba vacío. Escríbalo de nuevo, por favor.",
    "answer_too_long": "Su mensaje es demasiado largo.[ Escriba como máximo {limit} caracteres, por favor.]",
    "answer_available": "Nuestro equipo está disponible para atenderle.",
    "answer_closing": "Estamos cerrando el chat.",
    "answer_not_open": "No tiene ningún chat abierto.",
    "answer_not_allowed": "El chat no se puede cerrar desde aquí. Nuestro equipo lo cerrará.",
    "answer_rated": "Gracias por su valoración.",
    "answer_not_rated": "No hemos podido registrar su valoración.",
    "author_too_long": (
        "[No se enviaron {count} mensajes demasiado largos|No se envió, por ser demasiado largo: «{text}»"
        "|Un mensaje no se envió, por ser demasiado largo] "
        "[({length} caracteres; se permiten {limit})|(se permiten {limit} caracteres)]. "
        "Escriba mensajes más cortos, por favor."
    ),
    "author_emoji": (
        "[No se enviaron {count} mensajes con emojis|No se envió, por sus emojis: «{text}»"
        "|Un mensaje no se envió, por sus emojis]. Escriba sin emojis, por favor."
    ),
    "author_emoji_stripped": "Los emojis no llegan al contacto. Sus mensajes se envían sin ellos.",
    "author_media": (
        "[No se enviaron {count} archivos, imágenes, lugares o llamadas"
        "|Un archivo, una imagen, un lugar o una llamada no se envió]. "
        "Al contacto solo le llega texto. Dígalo con palabras, por favor."
    ),
    "author_empty": (
        "[No se enviaron {count} mensajes en los que no hay nada que leer"
        "|Un mensaje no se envió: no hay nada que leer en él]. Dígalo con palabras, por favor."
    ),
    "author_undelivered": (
        "[No se entregaron {count} mensajes|No se entregó: «{text}»|Un mensaje no se entregó]. "
        "Escriba de nuevo más tarde, o contacte a la persona de otra manera."
    ),
    "author_ambiguous": (
        "[Quizá no se entregaron {count} mensajes|Quizá no se entregó: «{text}»|Quizá no se entregó un mensaje]. "
        "Pregunte a la persona antes de escribirlo de nuevo."
    ),
    "author_waiting": (
        "[Todavía no se entregaron {count} mensajes|Todavía no se entregó: «{text}»"
        "|Todavía no se entregó un mensaje]. Seguimos intentándolo; no hace falta escribirlo de nuevo."
    ),
    "author_went": (
        "[Se entregaron {count} mensajes que esperaban|Ya se entregó: «{text}»|Ya se entregó un mensaje que esperaba]."
    ),
    "author_attachment": "Archivo adjunto:[ {address}]",
}
