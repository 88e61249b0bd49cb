"""The story in Japanese, politely (敬体), as sales would tell it."""

from __future__ import annotations

from datetime import date
from typing import Final

from services.provisioning.domain.deadlines import DeadlineKind
from services.provisioning.domain.facts import FactKind
from services.provisioning.domain.order import Jeopardy, Party, State
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.stories.tongue import Frame, Tongue


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日({'月火水木金土日'[day.weekday()]})"


def _way(stations: list[str]) -> str:
    return "、".join(stations)


JAPANESE: Final = Tongue(
    day=_day,
    facts={
        FactKind.ORDER_OPENED: (
            "{applied_on}にお申し込みいただいたオーダーを受け付けました。コンサルの期限は{consult_due_on}です。",
            "お客様のご希望日は{wished_on}です。",
        ),
        FactKind.ORDER_AMENDED: (
            "営業担当がオーダーの内容を変更しました(第{version}版)。",
            "変更項目は{changed}です。",
        ),
        FactKind.CONSULT_SCHEDULED: ("お客様と、{scheduled_on}にコンサルを行うお約束をしました。",),
        FactKind.CONSULT_UNANSWERED: (
            "{tried_on}にお電話しましたが、お客様につながりませんでした。次は{next_due_on}までにお電話します。",
        ),
        FactKind.CONSULT_DONE: (
            "{consulted_on}にお客様へのコンサルが完了しました。リードタイムはこの日から数えます。",
        ),
        FactKind.CONSULT_OVERDUE: ("期限の{due_on}までにコンサルが行われませんでした。",),
        FactKind.ADDRESS_REGISTRATION_REQUESTED: (
            "設置先住所がキャリアのシステムに未登録のため、先に住所登録が必要です。通常は{usual_by}までに完了します。",
        ),
        FactKind.ADDRESS_REGISTRATION_COMPLETED: ("{completed_on}にキャリアの住所登録が完了しました。",),
        FactKind.SERVICE_ORDER_CREATED: ("キャリアでサービスオーダー{carrier_order_no}が作成されました。",),
        FactKind.SERVICE_ORDER_ASKED_AGAIN: ("{asked_on}にキャリアへあらためて依頼しました。",),
        FactKind.PLANT_INQUIRY_SENT: (
            "その場で日程が決まらなかったため、{sent_on}にキャリアの設備部門へ照会しました。",
        ),
        FactKind.PLANT_INQUIRY_ANSWERED: (
            "{answered_on}にキャリアの設備部門から「{answer}」との回答がありました。",
            "必要なものは{permit}です。",
        ),
        FactKind.NEAR_DATE_DENIED: (
            "キャリアのシステムでは近い日程の工事枠が空いていません。",
            "最短で表示されたのは{earliest_on}です。",
        ),
        FactKind.SURVEY_SCHEDULED: ("{survey_kind}の調査日が{survey_on}に決まりました。",),
        FactKind.SURVEY_DELAYED: ("{withdrawn_on}に予定していた調査は、{reason}により延期となりました。",),
        FactKind.SURVEY_DONE: (
            "{done_on}に{survey_kind}の調査が完了しました。",
            "{outside_needed}続いて屋外の調査を行います。",
        ),
        FactKind.WORKS_REQUIRED: (
            "{found_on}に、先に{obstacle}が必要であることが分かりました。",
            "{expected_by}までに完了する見込みです。",
        ),
        FactKind.WORKS_COMPLETED: ("{completed_on}に{obstacle}が完了しました。",),
        FactKind.EQUIPMENT_RETURNED: (
            "{reason}により、キャリアの設備の都合(設備戻り)で手続きが進められなくなりました。",
            "{lost_on}の仮押さえは失われました。",
        ),
        FactKind.PROVISIONAL_DATE_HELD: (
            "キャリアが{construction_on}を工事日として仮押さえしました。{answer_by}までにご回答が必要です。",
        ),
        FactKind.DATE_CONFIRMED: ("お客様が{construction_on}の工事日を了承されました。",),
        FactKind.ANSWER_DEADLINE_MISSED: (
            "{answer_by}までにご回答がなく、{construction_on}の仮押さえは失われました。",
        ),
        FactKind.CUSTOMER_ANSWERED: (
            "{answered_on}にお客様からご回答をいただきました。新しい工事日を依頼できます。",
        ),
        FactKind.SALES_ANSWERED: ("{answered_on}に営業担当が問題を解消しました。",),
        FactKind.WISH_CHANGED: ("ご希望日が{wished_on}に変わりました(連絡元:{by})。",),
        FactKind.CONSTRUCTION_SCHEDULED: (
            "キャリアが工事日を{construction_on}に確定しました。",
            "その前に{survey_on}に調査があります。",
        ),
        FactKind.CONSTRUCTION_POSTPONED: (
            "{reason}により、キャリアが{withdrawn_on}の工事日を取り下げました。",
        ),
        FactKind.CONSTRUCTION_CALLED_OFF: (
            "{called_off_on}の工事は、当日に中止となりました(理由:{cause})。",
        ),
        FactKind.CONSTRUCTION_COMPLETED: ("{completed_on}に工事が完了し、開通しました。",),
        FactKind.ORDER_CANCELLED: (
            "オーダーがキャンセルされました(申し出:{by}、理由:{reason})。",
            "一括修正プラン{plan_id}によるものです。",
        ),
        FactKind.DELAY_REPORTED: (
            "キャリアから遅延の連絡がありました(理由:{reason}、要因:{responsible}、対応:{action})。",
        ),
        FactKind.REMINDER_DUE: ("{reminds_of_on}の{deadline}について、事前のご確認の時期になりました。",),
        FactKind.JEOPARDY_RAISED: ("注意が必要です。{cause}。{act_by}までに{acts}の対応が必要です。",),
        FactKind.JEOPARDY_CLEARED: ("次の注意事項は解消しました。{cause}。",),
        FactKind.ORDER_REOPENED: ("一括修正プラン{plan_id}によるキャンセルを取り消しました。",),
    },
    states={
        State.AWAITING_CONSULT: (
            "{since}から、お客様へのコンサル待ちです。",
            "お電話は{consult_scheduled_on}のお約束です。",
        ),
        State.AWAITING_SERVICE_ORDER: ("{since}から、キャリアでのサービスオーダーの作成待ちです。",),
        State.AWAITING_ADDRESS_REGISTRATION: (
            "{since}から、設置先の住所登録待ちです。",
            "通常は{registration_usual_by}までに完了します。",
        ),
        State.AWAITING_CONSTRUCTION_DATE: ("{since}から、キャリアの工事日の提示待ちです。",),
        State.AWAITING_PLANT_ANSWER: ("{since}から、キャリアの設備部門の回答待ちです。",),
        State.AWAITING_SURVEY: (
            "{since}から、{survey_kind}の調査待ちです。",
            "調査日は{survey_on}です。",
        ),
        State.AWAITING_WORKS: (
            "{since}から、先に必要な{obstacles}の完了待ちです。",
            "{works_expected_by}までに完了する見込みです。",
        ),
        State.DATE_HELD: ("{since}から、{held_on}を工事日として仮押さえしています。",),
        State.DATE_CONFIRMED: (
            "{since}に{held_on}の工事日についてお客様の了承をいただき、キャリアの確定待ちです。",
        ),
        State.AWAITING_CUSTOMER: ("{since}から、お客様のご回答待ちです。",),
        State.AWAITING_SALES: ("{since}から、営業担当の対応待ちです。",),
        State.CONSTRUCTION_SCHEDULED: (
            "工事日は{construction_on}に確定しています({since}から)。",
            "その前に{survey_on}に調査があります。",
        ),
        State.ACTIVE: ("{activated_on}に開通しました。",),
        State.CANCELLED: ("{since}にキャンセルとなりました。",),
    },
    balls={
        Party.SALES: "次に対応するのは営業担当です。",
        Party.CUSTOMER: "次はお客様のご対応が必要です。",
        Party.DESK: "次に対応するのはオペレーションデスクです。",
        Party.CARRIER: "次に対応するのはキャリアです。",
        None: "これ以上の対応は必要ありません。",
    },
    patterns={
        Pattern.IMMEDIATE: "即決",
        Pattern.ADDRESS_REGISTRATION: "住所登録",
        Pattern.WORKS_FOUND_AFTER_SURVEY: "調査後に工事・申請が判明",
        Pattern.NO_NEAR_DATE: "近い工事日なし",
        Pattern.EQUIPMENT_RETURN: "設備戻り",
        Pattern.NOT_IMMEDIATE: "即決不可・設備部門へ照会",
        Pattern.CUSTOMER_DELAY: "お客様・営業の回答遅れ",
    },
    late={
        Jeopardy.CONSULT_OVERDUE: ("コンサルが遅れています。期限は{due_on}でした。",),
        Jeopardy.RETRY_OVERDUE: ("再度のお電話が遅れています。期限は{due_on}でした。",),
        Jeopardy.ANSWER_OVERDUE: ("ご回答が遅れています。期限は{due_on}でした。",),
        Jeopardy.REGISTRATION_OVERDUE: (
            "住所登録が通常より長くかかっています。通常の目安は{due_on}でした。",
        ),
        Jeopardy.PLANT_ANSWER_OVERDUE: ("キャリアの設備部門の回答が遅れています。目安は{due_on}でした。",),
        Jeopardy.WORKS_OVERDUE: ("先に必要な工事が遅れています。目安は{due_on}でした。",),
        Jeopardy.PERMIT_OVERDUE: ("許可の取得が遅れています。目安は{due_on}でした。",),
        Jeopardy.NO_DATE: ("このパターンの標準日数({due_on}まで)を過ぎても、工事日が決まっていません。",),
        Jeopardy.LATE_DATE: ("工事日が、このパターンの標準日数({due_on}まで)より後になっています。",),
        Jeopardy.WISH_IMPOSSIBLE: ("ご希望日の{due_on}には間に合いません。",),
        Jeopardy.WISH_MISSED: ("ご希望日の{due_on}を過ぎました。",),
    },
    deadlines={
        DeadlineKind.CONSULT_DUE: ("コンサルの期限は{due_on}です。",),
        DeadlineKind.NEXT_TRY: ("次のお電話の期限は{due_on}です。",),
        DeadlineKind.SURVEY_REMINDER: ("調査の事前確認は{due_on}です。",),
        DeadlineKind.CONSTRUCTION_REMINDER: ("工事の事前確認は{due_on}です。",),
        DeadlineKind.REGISTRATION_USUAL: ("住所登録は通常{due_on}までに完了します。",),
        DeadlineKind.PLANT_ANSWER: ("キャリアの設備部門の回答は{due_on}までの見込みです。",),
        DeadlineKind.WORKS_WAIT: ("先に必要な工事は{due_on}までの見込みです。",),
        DeadlineKind.PERMIT_WAIT: ("許可の取得は{due_on}までの見込みです。",),
        DeadlineKind.USUAL_TIME: ("このパターンの標準日数は{due_on}までです。",),
        DeadlineKind.WISHED_DAY: ("{due_on}までに進めば、ご希望日に間に合います。",),
        DeadlineKind.ANSWER_BY: ("{due_on}までにご回答がない場合、仮押さえは失われます。",),
    },
    fates={
        FactKind.PROVISIONAL_DATE_HELD: "仮押さえ",
        FactKind.DATE_CONFIRMED: "お客様の了承",
        FactKind.CONSTRUCTION_SCHEDULED: "キャリアによる確定",
        FactKind.CONSTRUCTION_COMPLETED: "予定どおりの工事完了",
        FactKind.ORDER_CANCELLED: "オーダーのキャンセル",
        FactKind.ORDER_REOPENED: "オーダーの再開",
    },
    losses={
        FactKind.ANSWER_DEADLINE_MISSED: "回答がなかったための失効",
        FactKind.CONSTRUCTION_SCHEDULED: "別の日への変更",
        FactKind.CONSTRUCTION_POSTPONED: "キャリアによる取り下げ",
        FactKind.CONSTRUCTION_CALLED_OFF: "当日の中止",
        FactKind.EQUIPMENT_RETURNED: "設備戻りによる失効",
        FactKind.WORKS_REQUIRED: "工事・申請が必要となったための失効",
        FactKind.WISH_CHANGED: "ご希望日の変更による取り下げ",
    },
    codes={
        "customer": "お客様",
        "sales": "営業担当",
        "desk": "オペレーションデスク",
        "carrier": "キャリア",
        "customer_wish": "お客様のご希望",
        "moved_elsewhere": "お引っ越し",
        "owner_refused": "所有者の不承諾",
        "not_feasible": "提供不可",
        "other": "その他の事情",
        "equipment_return": "設備戻り",
        "works": "工事",
        "permits": "申請",
        "carrier_staff": "キャリアの人員の都合",
        "weather": "天候不良",
        "no_access": "建物に入れなかったこと",
        "building": "屋内",
        "outside": "屋外",
        "general_works": "サービス総合工事",
        "road_use_permit": "道路使用許可の取得",
        "owner_permit": "所有者の許可の取得",
        "survey_required": "調査が必要",
        "construction_possible": "工事可能",
        "customer_absent": "お客様のご不在",
        "customer_not_ready": "お客様側の準備未了",
        "permission_missing": "許可の不足",
        "building_closed": "建物の閉鎖",
        "equipment_missing": "機材の不足",
        "works_found": "追加工事の判明",
        "address_registration": "住所登録",
        "no_near_date": "近い工事日なし",
        "plant_inquiry": "設備部門への照会",
        "absent": "ご不在",
        "not_carried_out": "工事未実施",
        "site_not_ready": "設置場所の準備未了",
        "owner": "所有者",
        "cancel": "キャンセル",
        "delay": "待機",
        "inform": "お客様へのご案内",
        "reappoint": "日程の再調整",
        "consult_overdue": "コンサルが遅れています",
        "retry_overdue": "再度のお電話が遅れています",
        "answer_overdue": "ご回答が遅れています",
        "registration_overdue": "住所登録が長くかかっています",
        "plant_answer_overdue": "設備部門の回答が遅れています",
        "works_overdue": "工事が長くかかっています",
        "permit_overdue": "許可の取得が長くかかっています",
        "no_date": "標準日数を過ぎても工事日が決まっていません",
        "late_date": "工事日が標準日数より後になっています",
        "wish_impossible": "ご希望日に間に合いません",
        "wish_missed": "ご希望日を過ぎました",
        "survey_reminder": "調査",
        "construction_reminder": "工事",
        "plan": "プラン",
        "building_kind": "建物の種類",
        "wished_on": "ご希望日",
        "sales_office": "営業所",
        "applied_on": "お申し込み日",
        "confirmed": "確認事項",
        "contact": "ご連絡先",
        "address": "設置先住所",
        "True": "",
    },
    frame=Frame(
        pattern="{since}から、遅延パターン{number}({name})に該当しています。",
        no_delay="これまでに遅延はなく、パターン{number}({name})です。",
        earlier="それ以前にパターン{number}({name})にも該当しました。",
        date_way="{day}の工事日の経過は、{way}です。",
        wished="お客様のご希望日は{day}です。",
        nothing_late="遅れているものはありません。",
        predicted="開通は{p50}ごろの見込みです(10件中8件は{p10}から{p90}の間、最短は{earliest})。",
        basis_rule="これは遅延パターンの標準日数による見込みです。",
        basis_orders="これは類似のオーダー{count}件の実績による見込みです。",
    ),
    way=_way,
    comma="、",
    between=" ",
    gap="",
)
