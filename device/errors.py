"""Every way to end: the docstring is the message, `mend` says what to do, each has its exit code.

A message may name facts in braces; they are given as keyword arguments. No fact is ever sound,
a transcript or a secret. Codes: 10-19 settings and names, 20-29 models, 30-39 microphone and
sound cards, 40-49 recognizer and sentences, 50-59 letters and service, 60-69 seal and panel,
70-79 data, 80-89 voice, sound output and home, 90-99 the program itself.
"""

from __future__ import annotations

import inspect
from typing import ClassVar


class KeepmumError(Exception):
    """Something went wrong."""

    mend: ClassVar[str] = "Run `keepmum doctor` to see what is the matter."
    exit_code: ClassVar[int] = 1

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """One sentence that says what is wrong."""
        return inspect.cleandoc(type(self).__doc__ or "").format(**self.facts)

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return self.mend.format(**self.facts)


class OwnFault(KeepmumError):
    """This is a fault of keepmum itself: {kind} in {place}."""

    mend = (
        "Report it with this line; the command again with `KEEPMUM_TRACEBACK=1` before it shows"
        " all of it, which can hold names and words of yours."
    )
    exit_code = 99


# --- settings and names


class BrokenConfig(KeepmumError):
    """{file} has {count}: {faults}"""

    mend = "Mend the lines named; `keepmum config` prints every setting with its limits."
    exit_code = 10


class NoPins(KeepmumError):
    """Pin {pin} of the lamp or button can't be used: {why}."""

    mend = (
        "Install python3-lgpio, then `sudo make install` again; name a pin that nothing else has."
    )
    exit_code = 16


class NoConfig(KeepmumError):
    """There is no settings file {file}."""

    mend = "Name an existing file, or leave --config away to run on the defaults."
    exit_code = 11


class UnreadableConfig(KeepmumError):
    """The settings file {file} can't be read: {why}."""

    mend = "Make it a text file in UTF-8 that everybody may read: `chmod 644 {file}`."
    exit_code = 13


class FileTrouble(KeepmumError):
    """{file} can't be used: {why}."""

    mend = "Check the path, and who may read and write there; `sudo` may if it is root's."
    exit_code = 15


class BrokenNames(KeepmumError):
    """The table of names {file} cannot be used: {why}."""

    mend = "Make it anew: `keepmum learn-names`."
    exit_code = 12


class CannotWrite(KeepmumError):
    """{file} can't be written: {why}."""

    mend = "Run the command with `sudo`, or name a place of your own in the settings."
    exit_code = 17


# --- models


class ModelMissing(KeepmumError):
    """The model {name} is not in {folder}."""

    mend = "Fetch it: `keepmum models fetch {name}`."
    exit_code = 20


class ModelChanged(KeepmumError):
    """The model {name} is not the file that the manifest names: its sha256 differs."""

    mend = "Fetch it again: `keepmum models fetch {name}`."
    exit_code = 21


class UnknownWeights(KeepmumError):
    """The weights of the recognizer's network are not in the form that keepmum reads."""

    mend = "Remove whisper-tiny-en from the models folder, then `keepmum models fetch whisper`."
    exit_code = 27


class WrongLibrary(KeepmumError):
    """The library {name} does not run on this machine: {why}."""

    mend = "Do without it: `[recognizer] denoise = false`. Commands in noise are heard worse then."
    exit_code = 28


class UnknownWakeWord(KeepmumError):
    """There is no wake word {word}{hint}."""

    mend = "Use one of {known}, or name your own model files in [[wake.word]]."
    exit_code = 22


class NotStreamable(KeepmumError):
    """The feature model has a layer ({layer}) that cannot be computed frame by frame."""

    mend = "Nothing to do: it is computed by windows instead, with more work for the processor."
    exit_code = 23


class NotFetched(KeepmumError):
    """{what} could not be fetched: {why}."""

    mend = (
        "Check the network, or give a file that you have: `keepmum models fetch NAME --from FILE`."
    )
    exit_code = 24


class UnknownModel(KeepmumError):
    """There is no model {name} in the manifest{hint}."""

    mend = "`keepmum models list` names them all."
    exit_code = 25


class WrongModel(KeepmumError):
    """{file} is not a wake word model that keepmum can run: {why}."""

    mend = "Expected: {expected}."
    exit_code = 26


# --- microphone


class NoMicrophone(KeepmumError):
    """There is no microphone {device}. {there}"""

    mend = "Plug one in, or name one of those in [microphone] device; `keepmum devices` lists them."
    exit_code = 30


class MicrophoneDeaf(KeepmumError):
    """The microphone gives nothing but silence: {level} dB."""

    mend = "Is it muted or turned down? `alsamixer` shows its capture level (F4); {quiet} is quiet."
    exit_code = 29


class MicrophoneLost(KeepmumError):
    """The microphone stopped giving sound."""

    mend = "Check its plug; keepmum starts listening again by itself when it is back."
    exit_code = 31


class MicrophoneBusy(KeepmumError):
    """Another program is using the microphone {device}."""

    mend = "Stop that program (`fuser -v /dev/snd/*` names it), or choose another microphone."
    exit_code = 32


class WrongSound(KeepmumError):
    """{file} is not sound that keepmum can read: {why}."""

    mend = "Convert it: `sox IN -r 16000 -c 1 -b 16 OUT.wav`."
    exit_code = 33


class WrongRate(KeepmumError):
    """The microphone {device} gives no rate and format that keepmum can turn into {rate} Hz."""

    mend = (
        "Name one of the cards that `keepmum devices` lists in [microphone] device: 16, 32, 44.1,"
        " 48 and 96 kHz with 16, 24 or 32 bit serve, mono or not."
    )
    exit_code = 35


class TooFewChannels(KeepmumError):
    """The microphone {device} has {has} channels, and the settings name its channel {asked}."""

    mend = (
        "Name a device that has them in [microphone] device (`hw:` devices have all of theirs),"
        " or leave reference_channel away to go without a reference."
    )
    exit_code = 36


class CardUnclear(KeepmumError):
    """There are several {what}, and none was chosen: {names}."""

    mend = "Choose once: `sudo keepmum devices --choose`, or name one in the settings."
    exit_code = 37


class CardDenied(KeepmumError):
    """This user may not open the {what} {device}."""

    mend = "Give it the group audio: `sudo usermod -aG audio USER`; `keepmum devices` tries both."
    exit_code = 38


class NoVirtualSound(KeepmumError):
    """There is no virtual microphone: {program} is not there or does not start."""

    mend = "Install it: `apt-get install pulseaudio pulseaudio-utils libasound2-plugins`."
    exit_code = 34


# --- recognizer and sentences


class BrokenSentences(KeepmumError):
    """The sentence files in {where} have faults: {why}"""

    mend = "Mend the lines named; `keepmum sentences check` shows whether all is well."
    exit_code = 45


class RecognizerGone(KeepmumError):
    """The recognizer's parent process ended; without it no command can be understood."""

    mend = "Nothing to do: keepmum starts anew. If it happens again, run `keepmum doctor`."
    exit_code = 40


class RecognizerHung(KeepmumError):
    """The recognizer did not answer, and its parent did not say why."""

    mend = "Nothing to do: keepmum starts anew. If it happens again, run `keepmum doctor`."
    exit_code = 41


class RecognizerSlow(KeepmumError):
    """The recognizer {engine} takes {took} s after the end of a command; it may take {most} s."""

    mend = "Choose a lighter one ([recognizer] engine, denoise), or allow more ([listen] think_s)."
    exit_code = 48


class SentenceFaults(KeepmumError):
    """{count} of your own sentences can't be used: {first}."""

    mend = "`keepmum sentences check` shows each with its line."
    exit_code = 49


class PulseGone(KeepmumError):
    """The process that tells the service manager that ears live is gone."""

    mend = "Nothing: the service manager starts the ears again."
    exit_code = 46


class NotUnderstood(KeepmumError):
    """Nothing that this speaker does is said like that: {text}"""

    mend = "`keepmum sentences list` prints what can be said."
    exit_code = 47


# --- letters and service


class MalformedLetter(KeepmumError):
    """A letter was not of the form that both sides agreed on: {why}."""

    mend = "Both halves must be of one version: restart keepmum-ears and keepmum-hands."
    exit_code = 50


class HandsGone(KeepmumError):
    """The hands closed the letter socket."""

    mend = "Nothing to do: the service manager starts both again."
    exit_code = 51


class TooManyLetters(KeepmumError):
    """The ears sent more letters than agreed on: {count} {what}."""

    mend = "If it happens again, ask `keepmum ledger` when it began; raise the cap if it was you."
    exit_code = 52


class NoAnswer(KeepmumError):
    """The hands did not answer within {seconds:g} s."""

    mend = "Run `keepmum doctor` to see whether voice and loudspeaker work."
    exit_code = 54


class TaskFailed(KeepmumError):
    """A part of the hands ({task}) ended again and again: {why}."""

    mend = "The service starts them again; `journalctl -u keepmum-hands` has what went wrong."
    exit_code = 90


class NoLetterSocket(KeepmumError):
    """Ears were started without a letter socket."""

    mend = "Start them with `keepmum run`, or through keepmum-ears.service."
    exit_code = 53


# --- seal and panel


class NoSeal(KeepmumError):
    """The kernel did not let the process seal itself: {why}."""

    mend = "Install libseccomp2 and use a kernel with seccomp; `keepmum prove` says what is weaker."
    exit_code = 60


class NoPanel(KeepmumError):
    """The panel does not answer on {socket}."""

    mend = "Start it: `systemctl start keepmum-panel`."
    exit_code = 61


class PanelRefused(KeepmumError):
    """This user may not mute or unmute the speaker."""

    mend = "Join the group: `sudo usermod -aG {group} $USER`, and log in again."
    exit_code = 62


class NotMuted(KeepmumError):
    """The panel could not write the mute flag: the speaker is as it was."""

    mend = (
        "Look at `journalctl -u keepmum-panel` for the reason: a full or read-only disk, usually."
    )
    exit_code = 68


class PanelGone(KeepmumError):
    """The panel ended: a light that nobody tends could be dark while sound is taken in."""

    mend = "Nothing: ears start anew and find the new panel; if it stays away, see keepmum-panel."
    exit_code = 69


class NoPanelSocket(KeepmumError):
    """The panel can't listen at {socket}: {why}."""

    mend = "Start it through keepmum-panel.service, or name a folder that this user can write."
    exit_code = 59


class NoService(KeepmumError):
    """The speaker does not run: {why}."""

    mend = "Start it: `sudo make install`, or `keepmum run` in a terminal."
    exit_code = 55


class ServiceEnded(KeepmumError):
    """{unit} does not run: {why}."""

    mend = "{then}"
    exit_code = 56


class NotAsUser(KeepmumError):
    """As the user {user} this does not work: {why}."""

    mend = (
        "Give that user what it says (folders: 755, files: 644), or run `sudo make install` again."
    )
    exit_code = 58


class NotRoot(KeepmumError):
    """{what} needs root."""

    mend = "Run it with sudo."
    exit_code = 63


class InstallFailed(KeepmumError):
    """Installing stopped at: {step}. {why}"""

    mend = "Mend that and run `sudo make install` again; it goes on where it stopped."
    exit_code = 64


class EarsStay(KeepmumError):
    """The mute flag is set, but the ears still run."""

    mend = "Stop them yourself: `sudo systemctl stop keepmum-ears`; then look at keepmum-mute.path."
    exit_code = 66


class EarsSilent(KeepmumError):
    """The second pair of ears did not answer within {seconds} s."""

    mend = "Run `keepmum doctor`: what stops the ears of the service stops these as well."
    exit_code = 67


class PromiseBroken(KeepmumError):
    """{count} of the findings above say that a promise is broken."""

    mend = "The page above names each, with its evidence."
    exit_code = 65


class PromiseUnchecked(KeepmumError):
    """{count} of the findings above could not be checked; nothing was seen to be broken."""

    mend = "The reason stands beside each: run it as root, on the installed speaker, not muted."
    exit_code = 57


# --- data


class LedgerUnreadable(KeepmumError):
    """The ledger {file} can't be read: {why}."""

    mend = "Use `sudo`, or start keepmum and be in the group keepmum; then it is read through it."
    exit_code = 70


class NamesDiffer(KeepmumError):
    """The running speaker knows other names than the settings give now."""

    mend = "Start it again: `sudo systemctl restart keepmum-ears keepmum-hands`."
    exit_code = 92


class NeedsSpeaker(KeepmumError):
    """Timers and alarms need a speaker that runs, to ring: none answers here."""

    mend = "Start it: `sudo systemctl start keepmum-hands`, or `keepmum run` in another terminal."
    exit_code = 93


class WrongRequest(KeepmumError):
    """The speaker was asked for what it can't do: {why}."""

    mend = "Use the `keepmum` command of the version that runs."
    exit_code = 91


class HandsSilent(KeepmumError):
    """Nobody answers at {socket}: keepmum's hands are not running."""

    mend = "Start them: `sudo systemctl start keepmum-hands`, or `keepmum run`."
    exit_code = 71


class NotAllowed(KeepmumError):
    """{who} may not {what}."""

    mend = "Join the group (`sudo adduser $USER keepmum`, then log in again), or use `sudo`."
    exit_code = 72


class NoEncryption(KeepmumError):
    """The library that encrypts exports (pyrage) is not installed."""

    mend = "Install it: `sudo make install` again, or `pip install 'keepmum[export]'` by yourself."
    exit_code = 73


class WrongKey(KeepmumError):
    """{what} does not work: {why}."""

    mend = "Give an age public key (age1...), its identity file to open, or a passphrase."
    exit_code = 74


class WrongArchive(KeepmumError):
    """{file} is not an export that can be brought in: {why}."""

    mend = "Use the file as `keepmum export` wrote it, with the key or passphrase it was made for."
    exit_code = 75


class OtherHousehold(KeepmumError):
    """The archive belongs to household {theirs}, this speaker to household {ours}."""

    mend = (
        "To move a household to this speaker: `sudo keepmum forget --factory`, "
        "then `sudo keepmum import --new-device`."
    )
    exit_code = 76


class MustBeStopped(KeepmumError):
    """keepmum is running, and this must not happen under it."""

    mend = "Stop it: `sudo systemctl stop keepmum-ears keepmum-hands`, or end `keepmum run`."
    exit_code = 77


class AnotherSpeaker(KeepmumError):
    """Another keepmum has its timers and lists in {folder}, and runs."""

    mend = (
        "End that one (`sudo systemctl stop keepmum-hands`, or Ctrl-C in its terminal), or name"
        " another place in [service] state."
    )
    exit_code = 98


class NotForgotten(KeepmumError):
    """Not everything is forgotten: {what}."""

    mend = "Check that the disk is writable and not full, then run `keepmum forget` again."
    exit_code = 78


class NoTerminal(KeepmumError):
    """This asks a question, and there is no terminal to answer it."""

    mend = "Run it in a terminal, or answer beforehand: {how}."
    exit_code = 79


# --- voice, sound output, home


class NoLoudspeaker(KeepmumError):
    """There is no loudspeaker {device}. {there}"""

    mend = "Plug one in, or name one of those in [sound] device; `keepmum devices` lists them."
    exit_code = 80


class LoudspeakerBusy(NoLoudspeaker):
    """Another program is using the loudspeaker {device}."""

    mend = "Stop that program (`fuser -v /dev/snd/*` names it), or choose another loudspeaker."
    exit_code = 39


class NoVoice(KeepmumError):
    """The voice {engine} cannot speak: {why}."""

    mend = "Install it: `sudo make install` again brings both (or `apt install espeak-ng`)."
    exit_code = 81


class BrokenState(KeepmumError):
    """The state file {file} cannot be used: {why}."""

    mend = "Check the disk; moving the file away starts anew, without the timers in it."
    exit_code = 82


class SetAside(KeepmumError):
    """{count} files could not be read and were set aside, {newest} among them."""

    mend = "Check the disk; what you don't want to keep: `sudo keepmum forget broken`."
    exit_code = 94


class OpenSecrets(KeepmumError):
    """Others can read or change the file of passwords {file}."""

    mend = "Close it: `chmod 640 {file}; chown root:keepmum-hands {file}`."
    exit_code = 85


class BrokenSecrets(KeepmumError):
    """The file of passwords {file} is not TOML with texts named {known}."""

    mend = 'Write one line for each password, such as: mqtt_password = "…"'
    exit_code = 86


class BrokenLists(KeepmumError):
    """The file of shopping lists {file} is not one that keepmum wrote."""

    mend = "Mend it (a JSON table of lists of texts), or move it away to begin with empty lists."
    exit_code = 87


class NoHomeLibrary(KeepmumError):
    """The settings name {what}, and the library {library} is not installed."""

    mend = (
        "Install it: `sudo make install` again, or what is missing by yourself: "
        "`pip install 'keepmum[mqtt,mpd,homeassistant]'`."
    )
    exit_code = 88


class NoToken(KeepmumError):
    """The settings name a Home Assistant, and there is no token for it."""

    mend = (
        "In Home Assistant, in your profile under Security, make a long-lived access token, and "
        'put home_assistant_token = "…" into {file}.'
    )
    exit_code = 97


class BrokerAway(KeepmumError):
    """The MQTT broker {broker} lets nobody in: {why}."""

    mend = "Check broker, port, user, tls in [home], and mqtt_password in {secrets}."
    exit_code = 83


class MusicAway(KeepmumError):
    """The MPD server {server} does not answer."""

    mend = "Check mpd and port in [media], and mpd_password in the secrets file."
    exit_code = 84


class NoProgram(KeepmumError):
    """The program {program} of the command {name} is not there, or can't be run."""

    mend = "Check its path in [[command]], and that the user keepmum-commands may run it."
    exit_code = 89


class NameWakes(KeepmumError):
    """The wake word is heard in the name {name}: saying it would wake the speaker."""

    mend = "Give it another name in the settings, or choose another wake word."
    exit_code = 18


class NoSuchPage(KeepmumError):
    """The manual has no page {topic}{hint}."""

    mend = "`keepmum help` lists them all."
    exit_code = 19


class NotAPackage(KeepmumError):
    """{file} is no package of keepmum's that can be read: {why}."""

    mend = "Name a file keepmum_VERSION_ARCH.deb; `make deb` makes one in a checkout."
    exit_code = 14
