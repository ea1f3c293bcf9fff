"""The four ends of a sale, and how people and programs spell them."""

from __future__ import annotations

from typing import Final

from takeback.records._base import listed

STATUSES: Final[dict[str, tuple[str, ...]]] = {
    "SUCCESSFUL": listed(
        """
        successful, success, succeeded, completed, complete, sale complete, sale completed, sold, ok, okay,
        done, finished, paid, settled, shipped, sent, dispatched, in transit, delivered, fulfilled, shipped
        delivered to buyer, erfolgreich, abgeschlossen, erledigt, bezahlt, verkauft, versendet, versandt,
        verschickt, geliefert, zugestellt, termine, terminee, reussi, reussie, complet, vendu, vendue, paye,
        payee, livre, livree, expedie, expediee, completado, completada, exitoso, exitosa, finalizado,
        finalizada, vendido, vendida, pagado, pagada, entregado, entregada, enviado, enviada, exito
        """
    ),
    "RETURN_LABEL_PROVIDED": listed(
        """
        return label provided, return label sent, return label issued, return label created, return label
        given, label provided, label sent, rucksendeetikett bereitgestellt, rucksendeetikett gesendet,
        retourenlabel bereitgestellt, retourenlabel gesendet, retourenetikett bereitgestellt, etiquette de
        retour fournie, etiquette de retour envoyee, bordereau de retour fourni, etiqueta de devolucion
        proporcionada, etiqueta de devolucion enviada, etiqueta de devolucion facilitada
        """
    ),
    "RETURN_CLOSED": listed(
        """
        return closed, returned, shipped returned to seller, return complete, return completed, return
        finished, return received, return done, closed return, ruckgabe abgeschlossen, retoure abgeschlossen,
        rucksendung abgeschlossen, ruckgabe geschlossen, retourniert, zuruckgesendet, zuruckgegeben, retour
        clos, retour cloture, retour termine, retourne, retournee, devuelto, devuelta, devolucion cerrada,
        devolucion completada, devolucion finalizada
        """
    ),
    "REFUND_NO_RETURN": listed(
        """
        refund no return, refunded no return, refund without return, refunded without return, refund item
        kept, refunded item kept, refund keep item, no return refund, returnless refund, erstattung ohne
        ruckgabe, erstattung ohne rucksendung, erstattet ohne ruckgabe, ruckerstattung ohne ruckgabe,
        ruckerstattung ohne rucksendung, rembourse sans retour, remboursement sans retour, reembolso sin
        devolucion, reembolsado sin devolucion
        """
    ),
}
