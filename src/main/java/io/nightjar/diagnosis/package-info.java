/**
 * Why a connection ended, as facts and a judgement of them: the evidence measured at that instant, whose side it came
 * from, and whether a ClientID that came again is one device or two.
 *
 * <p>Floor 1, pure: functions of what they are given, held by tables in tests. The decision that shaped it: evidence and
 * verdict are separate values. Evidence is never guessed and what cannot be measured is absent; the verdict is a
 * function of reason and evidence that an operator can disagree with, since the rule it used is named. Where one cause can
 * come from one side only the verdict is certain ({@code Verdicts}); where the socket's figures decide between client and
 * network they do ({@code TransportVerdicts}), and where there are none it says unknown. Silence on an idle path proves
 * nothing by itself, which is why an overdue client's host is probed by TCP before its Keep Alive runs out.
 *
 * <p><b>Many ends together</b> tell what one cannot: clients do not agree to leave in the same second. {@link
 * io.nightjar.diagnosis.EndSummary} counts the ends of one node in one pass, newest first, in bounded memory (a full
 * recorder holds a million of them), and its parts of all nodes add up, so that only figures travel. It finds storms,
 * the narrowest common cause of each, and the paths that cut idle connections. {@link
 * io.nightjar.diagnosis.ClientDiagnosis} does the same for one client, {@link io.nightjar.diagnosis.Refusals} says what
 * lets a refused client in, and {@link io.nightjar.diagnosis.LikelyClients} whose a failure may have been that came before
 * any ClientID: an inference, told only where one client alone comes into question.
 *
 * <p>{@link io.nightjar.diagnosis.EndFields} gives an end its one order of names and values, so that log, trace and API
 * cannot drift apart.
 */
@NullMarked
package io.nightjar.diagnosis;

import org.jspecify.annotations.NullMarked;
