"""What contacts and agents are told, in French."""

from typing import Final

TEXTS: Final = {
    "queued": (
        "Vous êtes dans la file d'attente.[ Votre position : {position}.][ Attente habituelle : {wait}.] "
        "Nous vous répondrons ici.[ Pour ne plus attendre, écrivez : {leave_word}]"
    ),
    "still_waiting": (
        "Merci de votre patience. Vous êtes toujours dans la file d'attente.[ Votre position : {position}.]"
        "[ Attente habituelle : {wait}.][ Pour ne plus attendre, écrivez : {leave_word}]"
    ),
    "taken": "[Vous êtes maintenant en relation avec : {agent}"
    "|Une personne de notre équipe s'occupe maintenant de vous.]",
    "transferred": "[Votre discussion a été transférée. Vous êtes maintenant en relation avec : {agent}"
    "|Votre discussion a été transférée à une autre personne de notre équipe.]",
    "closed": "[{comment}\n\n]La discussion est terminée. Merci de nous avoir écrit.",
    "nobody": "Personne n'est disponible pour vous répondre en ce moment. Merci de nous écrire plus tard.",
    "outside_hours": "Nos bureaux sont fermés en ce moment.[ Réouverture : {next_open}.]",
    "delayed": "Votre message n'est pas encore arrivé à notre équipe. Nous continuons d'essayer ; "
    "il n'est pas nécessaire de le renvoyer.",
    "not_carried": "Nous ne pouvons recevoir que du texte : les images, les fichiers et les messages vocaux "
    "n'arrivent pas. Merci de l'écrire.",
    "gave_up": "Toutes nos excuses : personne n'a pu vous répondre cette fois-ci. Merci de nous écrire plus tard.",
    "idle_warning": "Êtes-vous toujours là ? Si vous n'écrivez pas, cette discussion se terminera"
    "[ dans {minutes} min].",
    "requeued": "Vous êtes de nouveau dans la file d'attente. Une autre personne de notre équipe vous répondra ici.",
    "on_hold": "Cette discussion est en pause pour le moment. Nous vous écrirons ici.",
    "resumed": "Merci de votre patience. La discussion reprend.",
    "answer_connecting": "Nous cherchons une personne de notre équipe pour vous répondre. La réponse arrivera ici.",
    "answer_already_open": "Vous avez déjà une discussion ouverte. Écrivez votre message.",
    "answer_nobody": "Personne n'est disponible pour vous répondre en ce moment. Merci de nous écrire plus tard.",
    "answer_outside_hours": "Nos bureaux sont fermés en ce moment.[ Réouverture : {next_open}.]",
    "answer_unknown_department": "Nous ne trouvons pas l'équipe qui doit vous répondre. "
    "Merci de nous écrire plus tard.",
    "answer_blocked": "Vos messages ne peuvent pas être transmis à notre équipe.",
    "answer_accepted": "Votre message a été transmis.",
    "answer_closed": "La discussion est terminée. Si vous avez encore besoin d'aide, écrivez de nouveau.",
    "answer_not_carried": "Nous ne pouvons transmettre que du texte : ni images, ni fichiers, ni messages vocaux. "
    "Merci de l'écrire.",
    "answer_empty": "Votre message était vide. Merci de l'écrire de nouveau.",
    "answer_too_long": "Votre message est trop long.[ Merci d'écrire au maximum {limit} caractères.]",
    "answer_available": "Notre équipe est disponible pour vous répondre.",
    "answer_closing": "La discussion va être fermée.",
    "answer_not_open": "Vous n'avez pas de discussion ouverte.",
    "answer_not_allowed": "La discussion ne peut pas être fermée d'ici. Notre équipe la fermera.",
    "answer_rated": "Merci pour votre évaluation.",
    "answer_not_rated": "Votre évaluation n'a pas pu être enregistrée.",
    "author_too_long": (
        "[{count} messages trop longs n'ont pas été envoyés|Non envoyé, car trop long : « {text} »"
        "|Un message n'a pas été envoyé, car il est trop long] "
        "[({length} caractères ; {limit} sont permis)|({limit} caractères sont permis)]. "
        "Merci d'écrire des messages plus courts."
    ),
    "author_emoji": (
        "[{count} messages avec des émojis n'ont pas été envoyés|Non envoyé, à cause de ses émojis : « {text} »"
        "|Un message n'a pas été envoyé, à cause de ses émojis]. Merci d'écrire sans émojis."
    ),
    "author_emoji_stripped": "Les émojis n'arrivent pas chez le contact. Vos messages sont envoyés sans eux.",
    "author_media": (
        "[{count} fichiers, images, lieux ou appels n'ont pas été envoyés"
        "|Un fichier, une image, un lieu ou un appel n'a pas été envoyé]. "
        "Seul le texte arrive chez le contact. Merci de le dire avec des mots."
    ),
    "author_empty": (
        "[{count} messages n'ont pas été envoyés : il n'y a rien à y lire"
        "|Un message n'a pas été envoyé : il n'y a rien à y lire]. Merci de le dire avec des mots."
    ),
    "author_undelivered": (
        "[{count} messages n'ont pas été remis|Non remis : « {text} »|Un message n'a pas été remis]. "
        "Merci d'écrire de nouveau plus tard, ou de joindre le contact autrement."
    ),
    "author_ambiguous": (
        "[{count} messages n'ont peut-être pas été remis|Peut-être non remis : « {text} »"
        "|Un message n'a peut-être pas été remis]. Merci de demander au contact avant de l'écrire de nouveau."
    ),
    "author_waiting": (
        "[{count} messages ne sont pas encore remis|Pas encore remis : « {text} »|Un message n'est pas encore remis]. "
        "Nous essayons toujours ; il est inutile de l'écrire de nouveau."
    ),
    "author_went": (
        "[{count} messages qui attendaient sont maintenant remis|Maintenant remis : « {text} »"
        "|Un message qui attendait est maintenant remis]."
    ),
    "author_attachment": "Pièce jointe :[ {address}]",
}
